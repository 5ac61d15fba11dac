//! COM_STMT_SEND_LONG_DATA on its way from the client: read part by part, however long its packet is.

use bytes::Buf;
use mysql_proto::command::CommandByte;
use mysql_proto::error::FrameError;
use mysql_proto::frame::parts::PartReader;
use mysql_proto::statement::StatementId;
use mysql_proto::types::SequenceId;

use crate::commands;
use crate::commands::Fate;
use crate::config::World;
use crate::phase::Phase;
use crate::session::Session;

/// The packet that is being read.
#[derive(Debug)]
pub(crate) struct Incoming {
    reader: PartReader,
    /// Which statement's parameter.
    of: (u32, u16),
    /// How much of it has come.
    bytes: usize,
}

/// What came of reading on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Came {
    /// Something else is to be read.
    Other,
    /// All that there is was read, or the session is not where it was.
    More,
    /// The packet has ended.
    End,
}

/// Command byte, statement and parameter stand in front of the data.
const HEAD_BYTES: usize = 7;

impl Session {
    /// Reads data of a parameter, if that is what comes.
    pub(crate) fn read_ahead(&mut self, world: World<'_>) -> Came {
        if !matches!(self.phase, Phase::Ready) {
            return Came::Other;
        }
        let mut incoming = match self.incoming.take() {
            Some(incoming) => incoming,
            None => match self.begin_ahead() {
                Ok(incoming) => incoming,
                Err(came) => return came,
            },
        };
        if self.is_over(world) {
            self.over(world);
            return Came::More;
        }
        let mut input = std::mem::take(&mut self.client_in);
        let (mut rest, mut out) = (&*input, Vec::new());
        let came = self.read_parts(&mut incoming, &mut rest, &mut out, world);
        let read = input.len() - rest.len();
        input.advance(read);
        if !input.is_empty() {
            self.client_in = input;
        }
        self.since_us = world.now_us;
        self.send_server(out);
        match came {
            Ok(Came::End) => Came::End,
            Ok(Came::More | Came::Other) => {
                self.incoming = Some(incoming);
                Came::More
            }
            Err(error) => {
                self.assembler.expect_sequence(incoming.reader.expected());
                self.broken_frame(error, world);
                Came::More
            }
        }
    }

    /// Looks at what comes next. It is left where it is.
    fn begin_ahead(&self) -> Result<Incoming, Came> {
        if !self.assembler.is_at_boundary() {
            return Err(Came::Other);
        }
        let reader = PartReader::new(SequenceId::ZERO);
        let beginning = reader.peek(&self.client_in).ok_or(Came::More)?;
        let byte = beginning.first.map(CommandByte::from_u8);
        if byte.map(commands::fate) != Some(Fate::Ahead) || beginning.length < HEAD_BYTES {
            return Err(Came::Other);
        }
        let [_, _, _, _, _, a, b, c, d, low, high, ..] = *self.client_in else {
            return Err(Came::More);
        };
        let id = StatementId::new(u32::from_le_bytes([a, b, c, d]));
        Ok(Incoming {
            reader,
            of: (self.prepared.meant(id), u16::from_le_bytes([low, high])),
            bytes: 0,
        })
    }

    fn read_parts(
        &mut self,
        incoming: &mut Incoming,
        input: &mut &[u8],
        out: &mut Vec<u8>,
        world: World<'_>,
    ) -> Result<Came, FrameError> {
        let most = self.target_bytes_max;
        while let Some(part) = incoming.reader.next_part(input)? {
            let head = HEAD_BYTES.saturating_sub(incoming.bytes);
            incoming.bytes = incoming.bytes.saturating_add(part.bytes.len());
            // A target that got it in one would not take it; its client looks for the answer at its end.
            if incoming.bytes <= most
                && let Some((_, data)) = part.bytes.split_at_checked(head)
            {
                self.take_long_data(incoming.of, data, out, world);
            }
            if !part.last {
                continue;
            }
            if incoming.bytes > most {
                return Err(FrameError::TooLarge {
                    length: incoming.bytes,
                    limit: most,
                });
            }
            return Ok(Came::End);
        }
        Ok(Came::More)
    }
}
