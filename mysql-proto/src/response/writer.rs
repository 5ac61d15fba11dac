//! Whole replies of a server, packet by packet, in the form that the login agreed on.

use crate::error::EncodeError;
use crate::flags::Capabilities;
use crate::flags::StatusFlags;
use crate::frame::encode_packet;
use crate::handshake::greeting::Greeting;
use crate::response::column::ColumnDefinition;
use crate::response::column::encode_column_count;
use crate::response::eof::EofPacket;
use crate::response::err::ErrPacket;
use crate::response::ok::OkForm;
use crate::response::ok::OkPacket;
use crate::row::binary::encode_row;
use crate::row::text::TextRowBuilder;
use crate::row::value::Value;
use crate::types::SequenceId;
use crate::types::ValueType;

/// Writes the packets of replies into a buffer: frames them, numbers them, and ends rows with EOF
/// or with OK, as the client understands it.
///
/// It writes what it is told in the order in which it is told: one of [`ok`](Self::ok) and
/// [`err`](Self::err), or [`columns`](Self::columns), rows, and [`end`](Self::end) or
/// [`err`](Self::err); several results one after the other where their status says
/// [`MORE_RESULTS_EXISTS`](StatusFlags::MORE_RESULTS_EXISTS).
///
/// ```
/// use mysql_proto::flags::Capabilities;
/// use mysql_proto::response::column::ColumnDefinition;
/// use mysql_proto::response::ok::OkPacket;
/// use mysql_proto::response::writer::ReplyWriter;
/// use mysql_proto::types::{ColumnType, SequenceId};
///
/// let mut out = Vec::new();
/// let mut reply = ReplyWriter::new(Capabilities::DEPRECATE_EOF, SequenceId::new(1), &mut out);
/// reply.columns(&[ColumnDefinition::computed(&b"a"[..], ColumnType::VarString)]);
/// reply.text_row([Some(&b"one"[..])]);
/// reply.end(&OkPacket::default());
/// assert!(out.starts_with(b"\x01\x00\x00\x01\x01"));
/// ```
#[derive(Debug)]
pub struct ReplyWriter<'o> {
    capabilities: Capabilities,
    sequence: SequenceId,
    payload: Vec<u8>,
    out: &'o mut Vec<u8>,
}

impl<'o> ReplyWriter<'o> {
    /// A writer under these agreed capabilities, whose first packet has this number: the one after
    /// that of the command.
    pub const fn new(
        capabilities: Capabilities,
        sequence: SequenceId,
        out: &'o mut Vec<u8>,
    ) -> Self {
        Self {
            capabilities,
            sequence,
            payload: Vec::new(),
            out,
        }
    }

    /// The number of the next packet.
    #[must_use]
    pub const fn sequence(&self) -> SequenceId {
        self.sequence
    }

    /// A statement succeeded that has no rows.
    pub fn ok(&mut self, ok: &OkPacket<'_>) {
        ok.encode(OkForm::Reply, self.capabilities, &mut self.payload);
        self.flush();
    }

    /// The command failed, here or in the midst of rows.
    pub fn err(&mut self, error: &ErrPacket<'_>) {
        error.encode(&mut self.payload);
        self.flush();
    }

    /// Rows of these columns begin.
    pub fn columns(&mut self, columns: &[ColumnDefinition<'_>]) {
        encode_column_count(columns.len(), &mut self.payload);
        self.flush();
        for column in columns {
            column.encode(&mut self.payload);
            self.flush();
        }
        if !self.capabilities.contains(Capabilities::DEPRECATE_EOF) {
            self.eof(EofPacket {
                warnings: 0,
                status: StatusFlags::AUTOCOMMIT,
            });
        }
    }

    /// One row of a query; `None` is NULL.
    pub fn text_row<'c>(&mut self, cells: impl IntoIterator<Item = Option<&'c [u8]>>) {
        let mut row = TextRowBuilder::new(&mut self.payload);
        for cell in cells {
            row.push(cell);
        }
        self.flush();
    }

    /// One row of a prepared statement.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the values do not fit the types; nothing is written then.
    pub fn binary_row(
        &mut self,
        values: &[Value<'_>],
        types: &[ValueType],
    ) -> Result<(), EncodeError> {
        encode_row(values, types, &mut self.payload)?;
        self.flush();
        Ok(())
    }

    /// The rows are at their end.
    pub fn end(&mut self, end: &OkPacket<'_>) {
        if self.capabilities.contains(Capabilities::DEPRECATE_EOF) {
            end.encode(OkForm::End, self.capabilities, &mut self.payload);
            self.flush();
        } else {
            self.eof(EofPacket {
                warnings: end.warnings,
                status: end.status,
            });
        }
    }

    /// The greeting, before anything else.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the greeting cannot be written; nothing is written then.
    pub fn greeting(&mut self, greeting: &Greeting<'_>) -> Result<(), EncodeError> {
        greeting.encode(&mut self.payload)?;
        self.flush();
        Ok(())
    }

    /// A payload of any other kind, such as the request for a plugin.
    pub fn payload(&mut self, payload: &[u8]) {
        encode_packet(payload, &mut self.sequence, self.out);
    }

    fn eof(&mut self, eof: EofPacket) {
        eof.encode(&mut self.payload);
        self.flush();
    }

    fn flush(&mut self) {
        encode_packet(&self.payload, &mut self.sequence, self.out);
        self.payload.clear();
    }
}
