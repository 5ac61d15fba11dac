//! Masks: a row comes out masked or not at all, however it comes in.

use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::alphabet::Alphabet;
use masking::detect::DetectorSet;
use masking::key::MaskKey;
use masking::mask::DatePart;
use masking::mask::Shape;
use masking::stream::InPlace;
use masking::stream::Protocol;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::is_null;
use mysql_proto::row::binary::row_bitmap_bytes;
use mysql_proto::row::binary::set_null;
use mysql_proto::row::binary::split_value;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::types::BinaryLayout;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;
use mysql_proto::wire::put_lenenc_bytes;

use crate::rows::value_type;

/// A masked row can be read, its clear cells are as they were, and a canary under a mask that hides
/// everything is nowhere in it; cut into parts, or once more, it comes out the same; after an error
/// nothing comes out any more.
///
/// The first byte is the number of columns, up to 15, then whether the row is made here, then the
/// protocol; the second says how the row is cut. For each column follow three bytes: its type, its
/// treatment, its collation. The rest is the row, or what its cells are made of.
pub fn mask_row(input: &[u8]) {
    let [count, cut, rest @ ..] = input else {
        return;
    };
    let protocol = if count & 0x80 == 0 {
        Protocol::Text
    } else {
        Protocol::Binary
    };
    let Some((heads, material)) = rest.split_at_checked(usize::from(*count % 16) * 3) else {
        return;
    };
    let (heads, _) = heads.as_chunks::<3>();
    let columns: Vec<Column> = heads.iter().filter_map(Column::new).collect();
    if columns.is_empty() || columns.len() < heads.len() {
        return;
    }
    let Some(plan) = plan(&columns) else {
        return;
    };
    let is_made = count & 0x40 != 0;
    let row = if is_made {
        made(&columns, protocol, material)
    } else {
        material.to_vec()
    };
    let whole = masked_whole(&plan, protocol, &row);
    let parts = masked_in_parts(&plan, protocol, &row, *cut);
    assert_eq!(whole, parts, "cut into parts it came out otherwise");
    let placed = masked_in_place(&plan, protocol, &row);
    assert_eq!(whole, placed, "masked in place it came out otherwise");
    let Some(shown) = whole else {
        assert!(!is_made, "a row of these columns was refused");
        return;
    };
    if plan.is_clear() {
        assert_eq!(row, shown, "a row without masks was changed");
    } else {
        check(&columns, protocol, &row, &shown);
    }
}

/// The masked row; `None` when it was refused, and then nothing more comes out.
fn masked_whole(plan: &MaskPlan, protocol: Protocol, row: &[u8]) -> Option<Vec<u8>> {
    let mut masker = ResultMasker::new(plan.clone(), protocol);
    let mut out = b"before".to_vec();
    if masker.mask_row(row, &mut out).is_ok() {
        let shown = out.strip_prefix(b"before").map(<[u8]>::to_vec);
        assert!(shown.is_some(), "what stood in the buffer was changed");
        // What a keyed mask gave is kept, and shown from there.
        out.clear();
        assert_eq!(masker.mask_row(row, &mut out), Ok(()), "the same row again");
        assert_eq!(
            shown.as_ref(),
            Some(&out),
            "the same row came out otherwise"
        );
        return shown;
    }
    is_poisoned(&mut masker, row, &mut out);
    assert_eq!(out, b"before", "something came out beside an error");
    None
}

fn masked_in_parts(plan: &MaskPlan, protocol: Protocol, row: &[u8], cut: u8) -> Option<Vec<u8>> {
    let mut masker = ResultMasker::new(plan.clone(), protocol);
    let (mut out, mut rest, mut state) = (Vec::new(), row, u32::from(cut) | 0x100);
    loop {
        // Zero asks for single bytes, others for pieces of any length up to a bound; of a long cell
        // the pieces are longer, or it would take as long as ten thousand others.
        state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let long = (rest.len() / LONG_PARTS).max(1);
        let length = match cut {
            0 => long,
            _ => long * usize::try_from((state >> 16) % (u32::from(cut) * 2)).unwrap_or(1),
        };
        let (part, tail) = rest.split_at(length.min(rest.len()));
        let before = out.len();
        if masker.mask_part(part, &mut out).is_err() {
            assert_eq!(out.len(), before, "a part came out beside an error");
            is_poisoned(&mut masker, row, &mut out);
            return None;
        }
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    if masker.end_row().is_err() {
        is_poisoned(&mut masker, row, &mut out);
        return None;
    }
    Some(out)
}

fn masked_in_place(plan: &MaskPlan, protocol: Protocol, row: &[u8]) -> Option<Vec<u8>> {
    let mut masker = ResultMasker::new(plan.clone(), protocol);
    let (mut out, mut shown) = (Vec::new(), row.to_vec());
    let masked = masker
        .mask_in_place(&mut shown)
        .and_then(|placed| match placed {
            InPlace::Whole => {
                out.append(&mut shown);
                Ok(())
            }
            InPlace::UpTo(length) => {
                let (front, rest) = shown.split_at(length);
                out.extend_from_slice(front);
                masker.mask_part(rest, &mut out)?;
                masker.end_row()
            }
        });
    if masked.is_err() {
        is_poisoned(&mut masker, row, &mut out);
        return None;
    }
    Some(out)
}

fn is_poisoned(masker: &mut ResultMasker, row: &[u8], out: &mut Vec<u8>) {
    let before = out.len();
    let again = [
        masker.mask_row(row, out).is_err(),
        masker.mask_part(row, out).is_err(),
        masker.end_row().is_err(),
    ];
    assert_eq!(again, [true; 3], "the masker went on after an error");
    assert_eq!(out.len(), before, "something came out after an error");
}

fn check(columns: &[Column], protocol: Protocol, row: &[u8], shown: &[u8]) {
    let clear_cells = cells(row, columns, protocol);
    let shown_cells = cells(shown, columns, protocol);
    let (Some(clear_cells), Some(shown_cells)) = (&clear_cells, &shown_cells) else {
        assert!(clear_cells.is_none(), "the masked row cannot be read");
        assert!(
            clear_cells.is_some(),
            "a row that cannot be read was masked"
        );
        return;
    };
    let mut may_hold_canary = false;
    for (column, (clear, shown)) in columns.iter().zip(clear_cells.iter().zip(shown_cells)) {
        if column.treatment() == Treatment::Clear {
            assert_eq!(clear, shown, "a clear cell was changed");
        }
        let holds = clear.as_ref().is_some_and(|cell| holds_canary(cell));
        may_hold_canary |= holds && !column.hides_all();
    }
    assert!(may_hold_canary || !holds_canary(shown), "in clear");
}

/// Into how many parts, or so, a long row is cut.
const LONG_PARTS: usize = 256;

/// In no constant and in no digest; long enough not to be put together by chance.
const CANARY: &[u8] = b"Canary~Qx7!zW";

fn holds_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY)
}

/// A column of the row.
struct Column {
    value_type: ValueType,
    treatment: u8,
    collation: u16,
}

const NAMES: [&str; 11] = [
    "redact", "null", "fixed", "hash", "partial", "email", "card", "iban", "month", "bucket",
    "kept",
];

/// Of these, only the first two show characters of what they hide.
const MORE_NAMES: [&str; 5] = ["phone", "year", "letters", "digits", "luhn"];

/// Of `utf8mb4`, bytes, `latin1`, `utf16`, `utf16le`, `utf32`, `ucs2`, `gbk`.
const COLLATIONS: [u16; 8] = [45, 63, 8, 54, 56, 60, 35, 28];

impl Column {
    fn new(head: &[u8; 3]) -> Option<Self> {
        let [kind, treatment, collation] = *head;
        let collation = COLLATIONS.get(usize::from(collation) % COLLATIONS.len());
        Some(Self {
            value_type: value_type(kind)?,
            treatment,
            collation: *collation?,
        })
    }

    fn treatment(&self) -> Treatment {
        let index = usize::from(self.kind());
        let more = index
            .checked_sub(16)
            .and_then(|index| MORE_NAMES.get(index));
        match NAMES.get(index).or(more) {
            Some(name) => Treatment::Mask((*name).to_owned()),
            None if index == NAMES.len() => Treatment::Redact,
            None if index == NAMES.len() + 1 => Treatment::Search(DetectorSet::ALL),
            None => Treatment::Clear,
        }
    }

    fn kind(&self) -> u8 {
        self.treatment % 21
    }

    /// Of these masks no byte of the cell may be seen.
    fn hides_all(&self) -> bool {
        matches!(self.kind(), 0..=3 | 10 | 18..=20) || self.treatment() == Treatment::Redact
    }

    fn layout(&self) -> BinaryLayout {
        self.value_type.column_type.binary_layout()
    }

    /// The longest length byte that a date, or a time, can have.
    fn date_bytes(&self, choice: u8) -> usize {
        let lengths = if self.value_type.column_type == ColumnType::Time {
            [0, 8, 12, 8]
        } else {
            [0, 4, 7, 11]
        };
        lengths.get(usize::from(choice % 4)).copied().unwrap_or(0)
    }
}

/// A row of these columns. Each cell takes a byte from the material, which is its length, and then so
/// many bytes: 255 is NULL, 254 a cell that no mask looks at as a whole.
fn made(columns: &[Column], protocol: Protocol, mut material: &[u8]) -> Vec<u8> {
    let mut row = Vec::new();
    let mut bitmap = vec![0; row_bitmap_bytes(columns.len())];
    for (index, column) in columns.iter().enumerate() {
        let (length, rest) = material.split_first().unwrap_or((&0, &[]));
        let taken = if *length < 254 {
            usize::from(*length)
        } else {
            1
        };
        let (bytes, rest) = rest.split_at(taken.min(rest.len()));
        material = rest;
        let null = *length == 255;
        let mut cell = if column.hides_all() {
            CANARY.to_vec()
        } else {
            Vec::new()
        };
        cell.extend_from_slice(bytes);
        if *length == 254 {
            cell.resize(masking::cell::CELL_BYTES_MAX + 7, b'x');
        }
        match (protocol, column.layout()) {
            (Protocol::Text, _) => {
                TextRowBuilder::new(&mut row).push((!null).then_some(&cell[..]));
            }
            (Protocol::Binary, _) if null => set_null(&mut bitmap, index, true),
            (Protocol::Binary, BinaryLayout::LengthEncoded) => put_lenenc_bytes(&cell, &mut row),
            (Protocol::Binary, BinaryLayout::Fixed(length)) => {
                cell.resize(usize::from(length), 0);
                row.append(&mut cell);
            }
            (Protocol::Binary, BinaryLayout::LengthByte) => {
                let length = column.date_bytes(*length);
                cell.resize(length, 0);
                row.push(u8::try_from(length).unwrap_or(0));
                row.append(&mut cell);
            }
        }
    }
    match protocol {
        Protocol::Text => row,
        Protocol::Binary => [&[0], &bitmap[..], &row[..]].concat(),
    }
}

fn plan(columns: &[Column]) -> Option<MaskPlan> {
    let mut masks = MaskSet::new();
    let key = MaskKey::new(&[7; 32]).ok()?;
    let kinds = [
        Mask::redact(),
        Mask::null(),
        Mask::fixed("x").ok()?,
        Mask::hash(key, 16).ok()?,
        Mask::partial(1, 2, '*').ok()?,
        Mask::shape(Shape::Email),
        Mask::shape(Shape::Card),
        Mask::shape(Shape::Iban),
        Mask::date(DatePart::Month),
        Mask::bucket(100).ok()?,
        Mask::fixed("17").ok()?.keeping_null().ok()?,
    ];
    let key = MaskKey::new(&[9; 32]).ok()?;
    let more_kinds = [
        Mask::shape(Shape::Phone),
        Mask::date(DatePart::Year),
        Mask::tokenize(&key, Alphabet::alphanumeric(), false).ok()?,
        Mask::tokenize(&key, Alphabet::digits(), false).ok()?,
        Mask::tokenize(&key, Alphabet::digits(), true).ok()?,
    ];
    let names = NAMES.into_iter().chain(MORE_NAMES);
    for (name, mask) in names.zip(kinds.into_iter().chain(more_kinds)) {
        masks.insert(name, mask).ok()?;
    }
    let definitions: Vec<ColumnDefinition<'_>> = columns
        .iter()
        .map(|column| {
            let kind = column.value_type.column_type;
            let mut definition = ColumnDefinition::computed(&b"c"[..], kind);
            definition.collation = column.collation;
            definition
        })
        .collect();
    let treatments: Vec<Treatment> = columns.iter().map(Column::treatment).collect();
    MaskPlan::new(&masks, &treatments, &definitions).ok()
}

/// The bytes of each cell as they stand in the row, if it is a whole row.
fn cells(row: &[u8], columns: &[Column], protocol: Protocol) -> Option<Vec<Option<Vec<u8>>>> {
    match protocol {
        Protocol::Text => {
            let cells = TextRow::new(row).decode(columns.len()).ok()?.into_iter();
            Some(cells.map(|cell| cell.map(<[u8]>::to_vec)).collect())
        }
        Protocol::Binary => {
            let read = BinaryRow::new(row, columns.len()).ok()?;
            let mut values = read.values();
            let mut cells = Vec::new();
            for (index, column) in columns.iter().enumerate() {
                if is_null(read.bitmap(), index) {
                    cells.push(None);
                    continue;
                }
                let (cell, rest) = split_value(column.layout(), values)?;
                cells.push(Some(cell.to_vec()));
                values = rest;
            }
            values.is_empty().then_some(cells)
        }
    }
}
