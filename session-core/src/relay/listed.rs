//! Lists of system variables and counters: rows of those that may not be read are dropped.

use bytes::Buf;
use bytes::Bytes;
use bytes::BytesMut;
use masking::error::MaskError;
use masking::stream::ResultMasker;
use mysql_proto::frame::encode_packet;
use mysql_proto::frame::parts::PartReader;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::value::Value;
use mysql_proto::types::SequenceId;
use mysql_proto::types::ValueType;
use policy_core::allow::show;
use policy_core::statement::kind::StatementKind;

use crate::relay::Relay;
use crate::relay::RelayError;
use crate::relay::push;
use crate::relay::rows::Passed;
use crate::relay::unmaskable;
use crate::wide;

/// The longest row of a list, in bytes: no server lets a variable be nearly as long.
const ROW_BYTES_MAX: usize = 1024 * 1024;

/// The rows of a list. Each lies whole in memory, for its first cell says whether it is shown.
#[derive(Debug)]
pub(super) struct ListedRows {
    kind: StatementKind,
    /// The types of its columns in the binary protocol; `None` in that of text.
    types: Option<Vec<ValueType>>,
    masker: Option<ResultMasker>,
    reader: PartReader,
    row: Vec<u8>,
}

impl ListedRows {
    /// Rows of these columns, of which the first packet must have the number `expected`.
    pub(super) fn new(
        (kind, masker): (StatementKind, Option<ResultMasker>),
        (definitions, is_binary): (&[ColumnDefinition<'_>], bool),
        expected: SequenceId,
    ) -> Self {
        let types = definitions.iter().map(ColumnDefinition::value_type);
        Self {
            kind,
            types: is_binary.then(|| types.collect()),
            masker,
            reader: PartReader::new(expected),
            row: Vec::new(),
        }
    }

    /// The number of the next packet from the target.
    pub(super) fn expected(&self) -> SequenceId {
        self.reader.expected()
    }

    /// What the row at hand is about; `None` where it cannot be read.
    fn name(&self) -> Option<&[u8]> {
        let Some(types) = &self.types else {
            return TextRow::new(&self.row).cells().next_cell().ok()?;
        };
        let row = BinaryRow::new(&self.row, types.len()).ok()?;
        match row.cells(types).next()?.ok()? {
            Value::Bytes(name) => Some(name),
            Value::Null
            | Value::Int(_)
            | Value::UInt(_)
            | Value::Float(_)
            | Value::Double(_)
            | Value::DateTime(_)
            | Value::Time(_) => None,
        }
    }

    fn masked(&mut self) -> Result<Vec<u8>, MaskError> {
        let Some(masker) = &mut self.masker else {
            return Ok(std::mem::take(&mut self.row));
        };
        let mut masked = Vec::new();
        masker.mask_part(&self.row, &mut masked)?;
        masker.end_row()?;
        Ok(masked)
    }
}

impl Relay {
    /// Takes the rows of a list, up to the packet that is none.
    pub(super) fn list_rows(
        &mut self,
        rows: &mut ListedRows,
        input: &mut BytesMut,
        out: &mut Vec<Bytes>,
    ) -> Result<Passed, RelayError> {
        let mut rest: &[u8] = input;
        let mut shown = Vec::new();
        let passed = self.list_parts(rows, &mut rest, &mut shown);
        let read = input.len() - rest.len();
        input.advance(read);
        push(out, shown);
        if let Some(masker) = &mut rows.masker {
            self.detected.add(&masker.take_detected());
        }
        passed
    }

    fn list_parts(
        &mut self,
        rows: &mut ListedRows,
        rest: &mut &[u8],
        shown: &mut Vec<u8>,
    ) -> Result<Passed, RelayError> {
        loop {
            if rows.reader.is_at_boundary() {
                let Some(beginning) = rows.reader.peek(rest) else {
                    return Ok(Passed::All);
                };
                if !self.tracker.is_row(beginning.first, beginning.length) {
                    return Ok(Passed::UpToEnd);
                }
                rows.row.clear();
            }
            let Some(part) = rows.reader.next_part(rest)? else {
                return Ok(Passed::All);
            };
            if self.failure.is_some() {
                continue;
            }
            if rows.row.len().saturating_add(part.bytes.len()) > ROW_BYTES_MAX {
                let (failure, event) = unmaskable("a row of a list that is too long");
                return Ok(Passed::Refused(failure, event));
            }
            rows.row.extend_from_slice(part.bytes);
            if !part.last || !self.is_listed(rows) {
                continue;
            }
            if self.rows_left() == 0 {
                return Ok(Passed::Refused(self.too_many_rows(), None));
            }
            match rows.masked() {
                Ok(row) => encode_packet(&row, &mut self.sequence, shown),
                Err(error) => {
                    let (failure, event) = unmaskable(&error.to_string());
                    return Ok(Passed::Refused(failure, event));
                }
            }
            self.rows += 1;
        }
    }

    fn is_listed(&self, rows: &ListedRows) -> bool {
        let Some(name) = rows.name() else {
            return false;
        };
        let read = wide::utf8(name, self.expected.results);
        let name = std::str::from_utf8(read.as_deref().unwrap_or(name));
        name.is_ok_and(|name| show::is_shown(rows.kind, name))
    }
}
