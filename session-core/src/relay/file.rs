//! The file of a client in the midst of a reply: asked for once, under its name, and passed on in
//! parts as it comes.
//!
//! Its content goes to the target in packets of our own, so that however the client cuts its file,
//! none is longer than what was read at once. Only an empty packet of the client ends it: a
//! target takes whatever came before one for the whole file, even where it was told to stop
//! (seen on both), and takes back what it has of a file whose connection ends.

use audit_log::digest::Digest;
use bytes::Bytes;
use mysql_proto::error::FrameError;
use mysql_proto::frame::encode_packet;
use mysql_proto::frame::parts::PartReader;
use mysql_proto::response::infile::LocalInfileRequest;
use mysql_proto::types::SequenceId;
use sha2::Digest as _;
use sha2::Sha256;

use crate::relay::Expected;
use crate::relay::Relay;
use crate::relay::RelayError;
use crate::relay::Taken;

/// A file that a statement names.
#[derive(Debug)]
pub(super) struct ClientFile {
    name: Vec<u8>,
    bytes_max: Option<u64>,
    stage: Stage,
    bytes: u64,
    sha256: Sha256,
}

#[derive(Debug)]
enum Stage {
    /// The target has not asked for it.
    Named,
    /// The client sends it.
    Coming {
        reader: PartReader,
        /// Whether the next part begins a packet.
        begins: bool,
        /// The number of the next packet to the target.
        upstream: SequenceId,
        /// Whether it is over its limit: nothing more of it is sent.
        over: bool,
    },
    /// It has ended.
    Sent,
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Progress {
    /// More must come.
    More,
    /// It is over its limit, which was not said before.
    Over,
    /// It has ended.
    Ended,
    /// It has ended, and is longer than this limit: the target has a part of it.
    EndedOver(u64),
}

impl ClientFile {
    pub(super) fn of(expected: &Expected) -> Option<Box<Self>> {
        let name = expected.statement.as_ref()?.client_file.clone()?;
        Some(Box::new(Self {
            name,
            bytes_max: expected.allow.file_bytes_max,
            stage: Stage::Named,
            bytes: 0,
            sha256: Sha256::new(),
        }))
    }

    /// The number of the next packet from or to the client, while it sends.
    pub(super) fn next_sequence(&self) -> Option<SequenceId> {
        match &self.stage {
            Stage::Coming { reader, .. } => Some(reader.expected()),
            Stage::Named | Stage::Sent => None,
        }
    }

    fn take(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<Progress, FrameError> {
        let Stage::Coming {
            reader,
            begins,
            upstream,
            over,
        } = &mut self.stage
        else {
            return Ok(Progress::Ended);
        };
        while let Some(part) = reader.next_part(input)? {
            // Behind a full physical packet an empty one ends the packet, not the file.
            if part.bytes.is_empty() && part.last && *begins {
                if let Some(most) = self.bytes_max.filter(|_| *over) {
                    return Ok(Progress::EndedOver(most));
                }
                encode_packet(&[], upstream, out);
                return Ok(Progress::Ended);
            }
            *begins = part.last;
            if *over || part.bytes.is_empty() {
                continue;
            }
            let bytes = self.bytes.saturating_add(part.bytes.len() as u64);
            if self.bytes_max.is_some_and(|most| bytes > most) {
                *over = true;
                return Ok(Progress::Over);
            }
            self.bytes = bytes;
            self.sha256.update(part.bytes);
            encode_packet(part.bytes, upstream, out);
        }
        Ok(Progress::More)
    }
}

impl Relay {
    /// Whether the client is to send its file now.
    pub(crate) fn awaits_file(&self) -> bool {
        let stage = self.file.as_ref().map(|file| &file.stage);
        matches!(stage, Some(Stage::Coming { .. }))
    }

    /// What was sent of the client's file; `None` where there is none, or it was not asked for.
    pub(crate) fn sent_file(&self) -> Option<audit_log::statement::ClientFile> {
        let file = self.file.as_ref()?;
        match &file.stage {
            Stage::Named => None,
            Stage::Coming { .. } | Stage::Sent => Some(audit_log::statement::ClientFile {
                bytes: file.bytes,
                sha256: Digest::new(file.sha256.clone().finalize().into()),
            }),
        }
    }

    /// The target asks for a file: it gets the one that the statement names, once.
    pub(super) fn take_request(
        &mut self,
        name: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Taken, RelayError> {
        let Some(file) = &mut self.file else {
            return Err(RelayError::Unexpected("a request for a file"));
        };
        if !matches!(file.stage, Stage::Named) {
            return Err(RelayError::Unexpected("a second request for a file"));
        }
        if file.name != name {
            return Err(RelayError::Unexpected("a request for another file"));
        }
        let mut upstream = self.upstream.next();
        if self.failure.is_some() {
            // It was stopped, and the client is not asked any more: the target gets an empty file.
            file.stage = Stage::Sent;
            let mut empty = Vec::new();
            encode_packet(&[], &mut upstream, &mut empty);
            return Ok(Taken::AsksForFile(empty.into()));
        }
        let mut payload = Vec::with_capacity(name.len() + 1);
        LocalInfileRequest { file: name }.encode(&mut payload);
        encode_packet(&payload, &mut self.sequence, out);
        file.stage = Stage::Coming {
            reader: PartReader::new(self.sequence),
            begins: true,
            upstream,
            over: false,
        };
        Ok(Taken::AsksForFile(Bytes::new()))
    }

    /// Reads the file from the front of `input`, and appends to `out` what the target gets of it.
    pub(crate) fn take_file(
        &mut self,
        input: &mut &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Progress, FrameError> {
        let Some(file) = &mut self.file else {
            return Ok(Progress::Ended);
        };
        let progress = file.take(input, out)?;
        if progress == Progress::Ended
            && let Stage::Coming {
                reader, upstream, ..
            } = &file.stage
        {
            self.sequence = reader.expected();
            self.assembler.expect_sequence(*upstream);
            file.stage = Stage::Sent;
        }
        Ok(progress)
    }
}
