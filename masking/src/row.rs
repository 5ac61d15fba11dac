//! Rewrites one row: what is not masked is copied, what is masked is replaced.

use mysql_proto::error::DecodeError;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::ROW_HEADER;
use mysql_proto::row::binary::is_null;
use mysql_proto::row::binary::set_null;
use mysql_proto::row::binary::split_value;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::value::Value;
use mysql_proto::wire::NULL_CELL;
use mysql_proto::wire::Reader;

use crate::plan::MaskPlan;
use crate::plan::MaskedColumn;
use crate::render::parse_text;
use crate::render::put_cell;
use crate::stream::Protocol;

/// The constant of a masked column as it stands in a row; `None` is NULL.
#[derive(Clone, Debug)]
pub(crate) struct Constant(pub(crate) Option<Vec<u8>>);

/// A plan with its constants in the form of the protocol.
#[derive(Debug)]
pub(crate) struct RowMasker {
    plan: MaskPlan,
    constants: Vec<Constant>,
    protocol: Protocol,
    buffer: Vec<u8>,
}

impl RowMasker {
    pub(crate) fn new(plan: MaskPlan, protocol: Protocol) -> Self {
        let constants = plan.masked().iter();
        let constants = constants
            .map(|masked| Constant(masked.constant_cell(protocol)))
            .collect();
        Self {
            plan,
            constants,
            protocol,
            buffer: Vec::new(),
        }
    }

    pub(crate) const fn plan(&self) -> &MaskPlan {
        &self.plan
    }

    /// Appends the masked row; after an error `out` may hold a part of it.
    pub(crate) fn mask(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        if self.plan.is_clear() {
            out.extend_from_slice(payload);
            return Ok(());
        }
        match self.protocol {
            Protocol::Text => self.mask_text(payload, out),
            Protocol::Binary => self.mask_binary(payload, out),
        }
    }

    fn mask_text(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let mut cells = TextRow::new(payload).cells();
        let mut copied = 0;
        let mut index = 0;
        for (masked, constant) in self.plan.masked().iter().zip(&self.constants) {
            while index < masked.index {
                cells.next_cell()?;
                index += 1;
            }
            let start = payload.len() - cells.bytes_left();
            let cell = cells.next_cell()?;
            index += 1;
            out.extend_from_slice(span(payload, copied, start)?);
            copied = payload.len() - cells.bytes_left();
            let clear = match cell {
                None => Some(Value::Null),
                Some(_) if masked.is_constant() => None,
                Some(bytes) => parse_text(bytes, &masked.column),
            };
            let cell = Cell { masked, constant };
            if !cell.put(clear, self.protocol, &mut self.buffer, out) {
                out.push(NULL_CELL);
            }
        }
        // The cells behind the last masked one are not looked at.
        if index == self.plan.columns() {
            cells.finish()?;
        }
        out.extend_from_slice(span(payload, copied, payload.len())?);
        Ok(())
    }

    fn mask_binary(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let row = BinaryRow::new(payload, self.plan.columns())?;
        out.push(ROW_HEADER);
        let bitmap_start = out.len();
        out.extend_from_slice(row.bitmap());
        let bitmap_end = out.len();
        let mut pending = self.plan.masked().iter().zip(&self.constants).peekable();
        let mut rest = row.values();
        for (index, layout) in self.plan.layouts().iter().enumerate() {
            let null = is_null(row.bitmap(), index);
            let (bytes, tail) = if null {
                rest.split_at(0)
            } else {
                split_value(*layout, rest).ok_or(DecodeError::Truncated { field: "cell" })?
            };
            rest = tail;
            let Some((masked, constant)) = pending.next_if(|(masked, _)| masked.index == index)
            else {
                out.extend_from_slice(bytes);
                continue;
            };
            let clear = if null {
                Some(Value::Null)
            } else if masked.is_constant() {
                None
            } else {
                let mut reader = Reader::new(bytes);
                Some(Value::decode(&mut reader, masked.column.value_type)?)
            };
            let cell = Cell { masked, constant };
            let shown = cell.put(clear, self.protocol, &mut self.buffer, out);
            if let Some(bitmap) = out.get_mut(bitmap_start..bitmap_end) {
                set_null(bitmap, index, !shown);
            }
        }
        if self.plan.layouts().len() == self.plan.columns() {
            Reader::new(rest).finish("row")?;
        }
        out.extend_from_slice(rest);
        Ok(())
    }
}

/// One masked cell of a row.
struct Cell<'p> {
    masked: &'p MaskedColumn,
    constant: &'p Constant,
}

impl Cell<'_> {
    /// Appends the cell; false, with nothing written, when it is NULL.
    ///
    /// `clear` is `None` where the value is not needed, or is not what its column promises.
    #[must_use]
    fn put(
        &self,
        clear: Option<Value<'_>>,
        protocol: Protocol,
        buffer: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> bool {
        if clear == Some(Value::Null) && self.masked.keeps_null() {
            return false;
        }
        if let Some(clear) = clear
            && let Some(shown) = self.masked.show(clear, buffer)
        {
            let value = shown.value(buffer);
            if put_cell(value, &self.masked.column, protocol, out) {
                return true;
            }
        }
        match &self.constant.0 {
            Some(cell) => out.extend_from_slice(cell),
            None => return false,
        }
        true
    }
}

fn span(payload: &[u8], start: usize, end: usize) -> Result<&[u8], DecodeError> {
    payload
        .get(start..end)
        .ok_or(DecodeError::Truncated { field: "row" })
}
