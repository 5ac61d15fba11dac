//! What each packet of a server's reply is: one [`ReplyTracker`] per command.
//!
//! The first byte of a packet does not tell what it is; its place in the reply does. 0x00 begins an
//! OK, a prepare reply and every binary row; 0xFB is LOCAL INFILE or a NULL cell; 0xFE is the end
//! of a result set or a cell of 16 MiB or more; 0xFF is an error or, from MariaDB, a progress
//! report. The reason for each choice stands at its branch. What cannot stand at its place is an
//! error, after which nothing of the reply may be passed on.

pub use crate::agreement::Agreement;
use crate::error::DecodeError;
use crate::flags::Capabilities;
use crate::flags::MariaDbCapabilities;
use crate::flags::StatusFlags;
use crate::frame::PHYSICAL_BYTES_MAX;
pub use crate::reply::Reply;
pub use crate::reply::ReplyKind;
use crate::response::column::ColumnDefinition;
use crate::response::column::ColumnPlace;
use crate::response::column::decode_column_count;
use crate::response::column::decode_optional_column_count;
use crate::response::eof::EOF_BYTES;
use crate::response::eof::EOF_HEADER;
use crate::response::eof::EofPacket;
use crate::response::err::ERR_HEADER;
use crate::response::err::ErrPacket;
use crate::response::err::PROGRESS_CODE;
use crate::response::infile::LOCAL_INFILE_HEADER;
use crate::response::infile::LocalInfileRequest;
use crate::response::ok::OK_HEADER;
use crate::response::ok::OkPacket;
use crate::response::progress::ProgressReport;
use crate::row::binary::ROW_HEADER;
use crate::statement::PrepareOk;

/// The place within a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// The first packet of a result.
    Start,
    /// After a local file: the result can only be OK or ERR.
    AfterInfile,
    /// So many definitions to come, then rows.
    Columns(usize),
    /// The EOF between columns and rows.
    ColumnsEnd,
    /// Rows or the end.
    Rows,
    /// Parameters and columns of a prepared statement still to come.
    PrepareParams { left: usize, columns: usize },
    /// The EOF behind the parameters.
    PrepareParamsEnd { columns: usize },
    /// Columns of a prepared statement still to come.
    PrepareColumns(usize),
    /// The EOF behind the columns.
    PrepareColumnsEnd,
    /// So many definitions of a list of fields have come; it has no count in front.
    Fields(usize),
    /// Nothing may come any more.
    Ended,
}

/// Follows the reply to one command.
///
/// Feed it each logical packet in order with [`ReplyTracker::next`]. While
/// [`ReplyTracker::is_row`] says yes, a packet is a row and need not be shown to the tracker.
///
/// [Manual](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html)
#[derive(Clone, Debug)]
pub struct ReplyTracker {
    kind: ReplyKind,
    agreement: Agreement,
    place: Place,
    /// Whether the rows at hand are output parameters after which a result was promised.
    promised: bool,
}

impl ReplyTracker {
    /// A tracker for the reply to a command that was just sent.
    #[must_use]
    pub const fn new(kind: ReplyKind, agreement: Agreement) -> Self {
        let place = match kind {
            ReplyKind::Nothing => Place::Ended,
            // No columns are sent again, those of the execute hold.
            ReplyKind::Fetch => Place::Rows,
            ReplyKind::Ok
            | ReplyKind::Eof
            | ReplyKind::Statistics
            | ReplyKind::Query
            | ReplyKind::Execute
            | ReplyKind::Prepare
            | ReplyKind::FieldList => Place::Start,
        };
        Self {
            kind,
            agreement,
            place,
            promised: false,
        }
    }

    /// Whether the reply is complete.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        matches!(self.place, Place::Ended)
    }

    /// Whether the next packet is a row or what follows the rows.
    #[must_use]
    pub const fn is_in_rows(&self) -> bool {
        matches!(self.place, Place::Rows)
    }

    /// Whether rows of this reply are in the binary protocol.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self.kind, ReplyKind::Execute | ReplyKind::Fetch)
    }

    /// Whether a packet that begins so is a row: the fast path of a relay.
    ///
    /// `length` is that of the first physical packet. A packet for which the answer is no goes to
    /// [`ReplyTracker::next`].
    #[must_use]
    pub const fn is_row(&self, first: Option<u8>, length: usize) -> bool {
        if !self.is_in_rows() {
            return false;
        }
        match first {
            Some(ROW_HEADER) if self.is_binary() => true,
            None | Some(ERR_HEADER) => false,
            Some(_) if self.is_binary() => false,
            // In a text row 0xfe is the length of a cell of 16 MiB or more, and then the first
            // physical packet is full. The packet that ends the rows never is, however much
            // session state it carries.
            Some(EOF_HEADER) => length >= PHYSICAL_BYTES_MAX,
            // 0xfb is a NULL cell, 0x00 an empty one.
            Some(_) => true,
        }
    }

    /// Says what the next logical packet is.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when the packet cannot stand here; the reply is over then.
    pub fn next<'a>(&mut self, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        let reply = self.read(payload);
        if reply.is_err() {
            self.place = Place::Ended;
        }
        reply
    }

    fn read<'a>(&mut self, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        if self.is_ended() {
            return Err(DecodeError::AfterEnd);
        }
        let Some(&first) = payload.first() else {
            return Err(DecodeError::Empty {
                expected: "a packet of a reply",
            });
        };
        // No other packet can begin with 0xff: it is no length-encoded integer, so neither a
        // count, nor a definition, nor a text row; binary rows begin with zero. So an error may
        // come at any place, also in the midst of rows, and ends the whole reply.
        if first == ERR_HEADER {
            return self.read_error(payload);
        }
        match self.place {
            Place::Ended => Err(DecodeError::AfterEnd),
            Place::Start => self.read_start(first, payload),
            Place::Fields(seen) => self.read_field(seen, first, payload),
            Place::AfterInfile => self.read_ok(first, payload),
            Place::Columns(left) => {
                self.place = match left.saturating_sub(1) {
                    0 => self.after_columns(),
                    left => Place::Columns(left),
                };
                self.column(ColumnPlace::Result, payload).map(Reply::Column)
            }
            Place::ColumnsEnd => {
                let eof = EofPacket::decode(payload)?;
                // MySQL promises the result behind the output parameters of a procedure here
                // only, not in the EOF after them (seen on 9.7).
                let outputs = StatusFlags::PS_OUT_PARAMS | StatusFlags::MORE_RESULTS_EXISTS;
                self.promised = eof.status.contains(outputs);
                // With a cursor no rows follow: they are fetched.
                self.place = if eof.status.contains(StatusFlags::CURSOR_EXISTS) {
                    Place::Ended
                } else {
                    Place::Rows
                };
                Ok(Reply::EndOfDefinitions(eof))
            }
            Place::Rows => self.read_row(first, payload),
            Place::PrepareParams { left, columns } => {
                self.place = match left.saturating_sub(1) {
                    0 if self.agreement.deprecates_eof() => prepare_columns(columns),
                    0 => Place::PrepareParamsEnd { columns },
                    left => Place::PrepareParams { left, columns },
                };
                self.column(ColumnPlace::Prepare, payload)
                    .map(Reply::Parameter)
            }
            Place::PrepareParamsEnd { columns } => {
                self.place = prepare_columns(columns);
                EofPacket::decode(payload).map(Reply::EndOfDefinitions)
            }
            Place::PrepareColumns(left) => {
                self.place = match left.saturating_sub(1) {
                    0 if self.agreement.deprecates_eof() => Place::Ended,
                    0 => Place::PrepareColumnsEnd,
                    left => Place::PrepareColumns(left),
                };
                self.column(ColumnPlace::Prepare, payload)
                    .map(Reply::Column)
            }
            Place::PrepareColumnsEnd => {
                self.place = Place::Ended;
                EofPacket::decode(payload).map(Reply::EndOfDefinitions)
            }
        }
    }

    fn column<'a>(
        &self,
        place: ColumnPlace,
        payload: &'a [u8],
    ) -> Result<ColumnDefinition<'a>, DecodeError> {
        ColumnDefinition::decode_at(place, payload, self.agreement.mariadb_capabilities)
    }

    fn read_error<'a>(&mut self, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        let error = ErrPacket::decode(payload)?;
        if error.code != PROGRESS_CODE {
            self.place = Place::Ended;
            return Ok(Reply::Err(error));
        }
        // MariaDB reports progress in the form of an error, to clients that asked for it. To
        // others the code means nothing that we know.
        let asked = MariaDbCapabilities::PROGRESS;
        if self.agreement.mariadb_capabilities.contains(asked) {
            return ProgressReport::decode(payload).map(Reply::Progress);
        }
        Err(DecodeError::Invalid {
            field: "error code",
            value: u64::from(PROGRESS_CODE),
        })
    }

    fn read_start<'a>(&mut self, first: u8, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        match self.kind {
            ReplyKind::Nothing => Err(DecodeError::AfterEnd),
            ReplyKind::Ok => self.read_ok(first, payload),
            ReplyKind::Eof => self.read_end(payload),
            ReplyKind::Statistics => {
                // The text has no header at all; only an ERR, taken out before, could be
                // mistaken for it, and 0xff begins no text of a server.
                self.place = Place::Ended;
                Ok(Reply::Statistics(payload))
            }
            ReplyKind::Query | ReplyKind::Execute | ReplyKind::Fetch => {
                self.read_result(first, payload)
            }
            ReplyKind::Prepare => {
                let optional = Capabilities::OPTIONAL_RESULTSET_METADATA;
                let (prepared, follow) = if self.agreement.capabilities.contains(optional) {
                    PrepareOk::decode_optional(payload)?
                } else {
                    (PrepareOk::decode(payload)?, true)
                };
                let next = self.after_prepare_ok(&prepared)?;
                self.place = if follow { next } else { Place::Ended };
                Ok(Reply::PrepareOk(prepared))
            }
            ReplyKind::FieldList => self.read_field(0, first, payload),
        }
    }

    fn read_field<'a>(
        &mut self,
        seen: usize,
        first: u8,
        payload: &'a [u8],
    ) -> Result<Reply<'a>, DecodeError> {
        // A definition begins with the length of `def`, so 0xfe is the end.
        if first == EOF_HEADER {
            return self.read_end(payload);
        }
        let limit = self.agreement.limits.columns_max;
        if seen >= limit {
            return Err(DecodeError::OverLimit {
                field: "column count",
                value: seen as u64 + 1,
                limit: limit as u64,
            });
        }
        self.place = Place::Fields(seen + 1);
        self.column(ColumnPlace::FieldList, payload)
            .map(Reply::Column)
    }

    fn read_result<'a>(&mut self, first: u8, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        match first {
            // A count of zero columns is never sent: a zero at the start is an OK.
            OK_HEADER => self.read_ok(first, payload),
            // 0xfb cannot be a count. It asks for a file of the client, which a server may do
            // for any statement: only where it was agreed, and only for text.
            LOCAL_INFILE_HEADER => {
                let agreed = self
                    .agreement
                    .capabilities
                    .contains(Capabilities::LOCAL_FILES);
                let (true, ReplyKind::Query) = (agreed, self.kind) else {
                    return Err(DecodeError::Unexpected {
                        expected: "the start of a result",
                        first,
                    });
                };
                self.place = Place::AfterInfile;
                let request = LocalInfileRequest::decode(payload)?;
                Ok(Reply::LocalInfile(request.file))
            }
            // Also 0xfe, as a count of eight bytes: the limit refuses it.
            _ => {
                let limits = &self.agreement.limits;
                let (columns, follow) = if self.agreement.leaves_out_columns() {
                    decode_optional_column_count(payload, limits)?
                } else {
                    (decode_column_count(payload, limits)?, true)
                };
                self.place = if follow {
                    Place::Columns(columns)
                } else {
                    // The EOF behind the definitions comes even without them.
                    self.after_columns()
                };
                Ok(Reply::ColumnCount(columns))
            }
        }
    }

    fn read_row<'a>(&mut self, first: u8, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        if self.is_row(Some(first), payload.len()) {
            return Ok(Reply::Row(payload));
        }
        if first == EOF_HEADER {
            return self.read_end(payload);
        }
        Err(DecodeError::Unexpected {
            expected: "a row or the end of rows",
            first,
        })
    }

    fn read_ok<'a>(&mut self, first: u8, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        if first != OK_HEADER {
            return Err(DecodeError::Unexpected {
                expected: "OK or an error",
                first,
            });
        }
        let agreement = &self.agreement;
        let (_, ok) = OkPacket::decode(payload, agreement.capabilities, &agreement.limits)?;
        self.place = self.after_result(ok.status);
        Ok(Reply::Ok(ok))
    }

    /// The end of rows, or what stands for it where only an end can come.
    fn read_end<'a>(&mut self, payload: &'a [u8]) -> Result<Reply<'a>, DecodeError> {
        // An OK with this header has at least seven bytes, an EOF exactly five, so that the
        // length tells them apart even where a server sends the old form under DEPRECATE_EOF.
        let end = if !self.agreement.deprecates_eof() || payload.len() == EOF_BYTES {
            let eof = EofPacket::decode(payload)?;
            OkPacket {
                status: eof.status,
                warnings: eof.warnings,
                ..OkPacket::default()
            }
        } else if payload.first() == Some(&EOF_HEADER) {
            let agreement = &self.agreement;
            OkPacket::decode(payload, agreement.capabilities, &agreement.limits)?.1
        } else {
            return Err(DecodeError::Unexpected {
                expected: "the end of a reply",
                first: payload.first().copied().unwrap_or_default(),
            });
        };
        self.place = self.after_result(end.status);
        Ok(Reply::End(end))
    }

    const fn after_columns(&self) -> Place {
        if self.agreement.deprecates_eof() {
            Place::Rows
        } else {
            Place::ColumnsEnd
        }
    }

    const fn after_result(&mut self, status: StatusFlags) -> Place {
        let several = matches!(self.kind, ReplyKind::Query | ReplyKind::Execute);
        let promised = status.contains(StatusFlags::MORE_RESULTS_EXISTS) || self.promised;
        self.promised = false;
        if several && promised {
            Place::Start
        } else {
            Place::Ended
        }
    }

    fn after_prepare_ok(&self, prepared: &PrepareOk) -> Result<Place, DecodeError> {
        let limits = &self.agreement.limits;
        let columns = usize::from(prepared.columns);
        let params = usize::from(prepared.params);
        for (field, value, limit) in [
            ("column count", columns, limits.columns_max),
            ("parameter count", params, limits.params_max),
        ] {
            if value > limit {
                return Err(DecodeError::OverLimit {
                    field,
                    value: value as u64,
                    limit: limit as u64,
                });
            }
        }
        // A block without definitions has no EOF either.
        Ok(if params == 0 {
            prepare_columns(columns)
        } else {
            Place::PrepareParams {
                left: params,
                columns,
            }
        })
    }
}

const fn prepare_columns(columns: usize) -> Place {
    if columns == 0 {
        Place::Ended
    } else {
        Place::PrepareColumns(columns)
    }
}
