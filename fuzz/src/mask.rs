//! Masks: the clear text of a masked cell is nowhere in the output.

use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::key::MaskKey;
use masking::mask::DatePart;
use masking::mask::Shape;
use masking::stream::Protocol;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::split_value;
use mysql_proto::row::text::TextRow;
use mysql_proto::types::ValueType;

use crate::rows::value_type;

/// A masked row can be read, its clear cells are as they were, and a cell under a mask that hides
/// everything is nowhere in it; after an error nothing comes out any more.
///
/// The first byte is the number of columns, up to 15, and the protocol; then two bytes for each
/// column, its type and its treatment; the rest is the row.
pub fn mask_row(input: &[u8]) {
    let [count, rest @ ..] = input else {
        return;
    };
    let protocol = if count & 0x80 == 0 {
        Protocol::Text
    } else {
        Protocol::Binary
    };
    let Some((heads, row)) = rest.split_at_checked(usize::from(*count % 16) * 2) else {
        return;
    };
    let (heads, _) = heads.as_chunks::<2>();
    let columns: Vec<(ValueType, u8)> = heads
        .iter()
        .filter_map(|[kind, treatment]| Some((value_type(*kind)?, *treatment)))
        .collect();
    if columns.len() < heads.len() {
        return;
    }
    let Some(mut masker) = masker(&columns, protocol) else {
        return;
    };
    let mut out = b"before".to_vec();
    let masked = masker.mask_row(row, &mut out);
    let Some(masked_row) = out.strip_prefix(b"before") else {
        assert!(
            out.starts_with(b"before"),
            "what stood in the buffer was changed"
        );
        return;
    };
    if masked.is_err() {
        assert!(masked_row.is_empty(), "something came out beside an error");
        assert!(
            masker.mask_row(row, &mut out).is_err(),
            "the masker went on after an error"
        );
        return;
    }
    let Some(clear_cells) = cells(row, &columns, protocol) else {
        // The masker need not read behind the last masked column.
        return;
    };
    let shown_cells = cells(masked_row, &columns, protocol);
    assert!(shown_cells.is_some(), "the masked row cannot be read");
    for (index, (clear, shown)) in clear_cells
        .iter()
        .zip(shown_cells.iter().flatten())
        .enumerate()
    {
        let treatment = columns.get(index).map_or(0, |(_, treatment)| *treatment);
        if treatment_of(treatment) == Treatment::Clear {
            assert_eq!(clear, shown, "a clear cell was changed");
        } else if hides_all(treatment) {
            let others: Vec<_> = clear_cells.iter().enumerate().collect();
            let is_elsewhere = others
                .iter()
                .any(|(other, cell)| *other != index && holds(cell, clear));
            assert!(
                is_elsewhere || !holds(&Some(masked_row.to_vec()), clear),
                "in clear"
            );
        }
    }
}

const NAMES: [&str; 9] = [
    "redact", "null", "partial", "email", "hash", "month", "bucket", "fixed", "card",
];

fn treatment_of(byte: u8) -> Treatment {
    let names: Vec<&str> = NAMES.to_vec();
    match names.get(usize::from(byte % 16)) {
        Some(name) => Treatment::Mask((*name).to_owned()),
        None if byte % 16 == 9 => Treatment::Redact,
        None => Treatment::Clear,
    }
}

/// Of these masks no byte of the cell may be seen.
fn hides_all(byte: u8) -> bool {
    matches!(byte % 16, 0 | 1 | 4 | 7 | 9)
}

/// Whether `cell` is long enough not to be found by chance, and stands in `row`.
fn holds(row: &Option<Vec<u8>>, cell: &Option<Vec<u8>>) -> bool {
    let (Some(row), Some(cell)) = (row, cell) else {
        return false;
    };
    // A constant that a mask shows may be what the client sent: these are not secrets.
    let is_telling = cell.len() >= 9 && cell.iter().any(|byte| !b"0* -:.".contains(byte));
    // Nor is a cell that is put together from parts of such a constant.
    let is_made_of_constants = cell
        .windows(4)
        .any(|part| b"[redacted]".windows(4).any(|constant| constant == part));
    is_telling && !is_made_of_constants && row.windows(cell.len()).any(|window| window == cell)
}

fn masker(columns: &[(ValueType, u8)], protocol: Protocol) -> Option<ResultMasker> {
    let mut masks = MaskSet::new();
    let key = MaskKey::new(&[7; 32]).ok()?;
    let kinds = [
        Mask::redact(),
        Mask::null(),
        Mask::partial(1, 2, '*').ok()?,
        Mask::shape(Shape::Email),
        Mask::hash(key, 16).ok()?,
        Mask::date(DatePart::Month),
        Mask::bucket(100).ok()?,
        Mask::fixed("x").ok()?,
        Mask::shape(Shape::Card),
    ];
    for (name, mask) in NAMES.into_iter().zip(kinds) {
        masks.insert(name, mask).ok()?;
    }
    let definitions: Vec<ColumnDefinition<'_>> = columns
        .iter()
        .map(|(kind, _)| ColumnDefinition::computed(&b"c"[..], kind.column_type))
        .collect();
    let treatments: Vec<Treatment> = columns
        .iter()
        .map(|(_, treatment)| treatment_of(*treatment))
        .collect();
    let plan = MaskPlan::new(&masks, &treatments, &definitions).ok()?;
    Some(ResultMasker::new(plan, protocol))
}

/// The bytes of each cell as they stand in the row, if it is a whole row.
fn cells(
    row: &[u8],
    columns: &[(ValueType, u8)],
    protocol: Protocol,
) -> Option<Vec<Option<Vec<u8>>>> {
    match protocol {
        Protocol::Text => {
            let cells = TextRow::new(row).decode(columns.len()).ok()?;
            Some(
                cells
                    .into_iter()
                    .map(|cell| cell.map(<[u8]>::to_vec))
                    .collect(),
            )
        }
        Protocol::Binary => {
            let read = BinaryRow::new(row, columns.len()).ok()?;
            let mut values = read.values();
            let mut cells = Vec::new();
            for (index, (kind, _)) in columns.iter().enumerate() {
                if mysql_proto::row::binary::is_null(read.bitmap(), index) {
                    cells.push(None);
                    continue;
                }
                let (cell, rest) = split_value(kind.column_type.binary_layout(), values)?;
                cells.push(Some(cell.to_vec()));
                values = rest;
            }
            values.is_empty().then_some(cells)
        }
    }
}
