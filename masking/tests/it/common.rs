//! Columns of every type with a clear value, and one row through one mask in both protocols.

use masking::Mask;
use masking::MaskPlan;
use masking::MaskSet;
use masking::ResultMasker;
use masking::Treatment;
use masking::stream::Protocol;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::binary::BinaryRow;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::text::TextRow;
use mysql_proto::row::text::TextRowBuilder;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;

/// A column; `length` is what the server would say.
pub(crate) fn column(
    column_type: ColumnType,
    collation: u16,
    length: u32,
) -> ColumnDefinition<'static> {
    let mut column = ColumnDefinition::computed(&b"secret"[..], column_type);
    column.collation = collation;
    column.column_length = length;
    column.flags = ColumnFlags::NOT_NULL;
    column
}

pub(crate) fn with(
    mut column: ColumnDefinition<'static>,
    flags: ColumnFlags,
    decimals: u8,
) -> ColumnDefinition<'static> {
    column.flags |= flags;
    column.decimals = decimals;
    column
}

pub(crate) fn varchar(chars: u32) -> ColumnDefinition<'static> {
    column(ColumnType::VarString, 45, chars * 4)
}

/// A result set of three columns, the middle one masked.
pub(crate) struct Result3 {
    pub(crate) columns: [ColumnDefinition<'static>; 3],
    pub(crate) plan: MaskPlan,
}

pub(crate) fn plan(mask: Mask, secret: &ColumnDefinition<'static>) -> Result3 {
    let mut masks = MaskSet::new();
    masks.insert("m", mask).unwrap();
    let columns = [
        ColumnDefinition::computed(&b"id"[..], ColumnType::Long),
        secret.clone(),
        varchar(20),
    ];
    let treatments = [
        Treatment::Clear,
        Treatment::Mask("m".into()),
        Treatment::Clear,
    ];
    let plan = MaskPlan::new(&masks, &treatments, &columns).unwrap();
    Result3 { columns, plan }
}

/// The masked cell of a text row; `None` is NULL.
pub(crate) fn mask_text(
    mask: &Mask,
    secret: &ColumnDefinition<'static>,
    clear: Option<&[u8]>,
) -> Option<Vec<u8>> {
    let result = plan(mask.clone(), secret);
    let mut row = Vec::new();
    let mut builder = TextRowBuilder::new(&mut row);
    builder.push(Some(b"7"));
    builder.push(clear);
    builder.push(Some(b"tail"));
    let mut out = b"before".to_vec();
    let mut masker = ResultMasker::new(result.plan, Protocol::Text);
    masker.mask_row(&row, &mut out).unwrap();
    let row = out.strip_prefix(b"before").unwrap();
    let cells = TextRow::new(row).decode(3).unwrap();
    let [Some(b"7"), masked, Some(b"tail")] = cells[..] else {
        panic!("other cells changed");
    };
    masked.map(<[u8]>::to_vec)
}

/// The masked cell of a binary row, given to `look`.
pub(crate) fn mask_binary<T>(
    mask: &Mask,
    secret: &ColumnDefinition<'static>,
    clear: Value<'_>,
    look: impl FnOnce(Value<'_>) -> T,
) -> T {
    let result = plan(mask.clone(), secret);
    let types = result.columns.each_ref().map(ColumnDefinition::value_type);
    let mut row = Vec::new();
    encode_row(
        &[Value::Int(7), clear, Value::Bytes(b"tail")],
        &types,
        &mut row,
    )
    .unwrap();
    let mut out = b"before".to_vec();
    let mut masker = ResultMasker::new(result.plan, Protocol::Binary);
    masker.mask_row(&row, &mut out).unwrap();
    let row = out.strip_prefix(b"before").unwrap();
    let cells = BinaryRow::new(row, 3).unwrap().decode(&types).unwrap();
    let [Value::Int(7), masked, Value::Bytes(b"tail")] = cells[..] else {
        panic!("other cells changed");
    };
    look(masked)
}

/// A clear value in both forms.
#[derive(Clone, Copy)]
pub(crate) struct Clear {
    pub(crate) text: &'static [u8],
    pub(crate) value: Value<'static>,
}

pub(crate) const fn text(text: &'static [u8]) -> Clear {
    Clear {
        text,
        value: Value::Bytes(text),
    }
}

/// The masked cell, which must be the same in both protocols, as text.
pub(crate) fn mask_both(mask: &Mask, secret: &ColumnDefinition<'static>, clear: Clear) -> String {
    let shown = show(mask_text(mask, secret, Some(clear.text)).as_deref());
    let binary = mask_binary(mask, secret, clear.value, |value| same(value, &shown));
    assert!(binary.is_ok(), "text `{shown}`, binary {binary:?}");
    shown
}

pub(crate) fn show(cell: Option<&[u8]>) -> String {
    match cell {
        None => "NULL".to_owned(),
        Some(bytes) => match str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text.to_owned(),
            Ok(_) | Err(_) => format!("{bytes:02x?}"),
        },
    }
}

/// Whether a binary value says what the text says.
fn same(value: Value<'_>, text: &str) -> Result<(), String> {
    let equal = match value {
        Value::Null => text == "NULL",
        Value::Int(value) => text.parse() == Ok(value),
        Value::UInt(value) => text.parse() == Ok(value),
        Value::Float(value) => text.parse() == Ok(value),
        Value::Double(value) => text.parse() == Ok(value),
        Value::Bytes(bytes) => show(Some(bytes)) == text,
        Value::DateTime(date) => {
            let day = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
            let clock = format!("{:02}:{:02}:{:02}", date.hour, date.minute, date.second);
            text == day || text.starts_with(&format!("{day} {clock}"))
        }
        Value::Time(time) => {
            let hours = time.days * 24 + u32::from(time.hour);
            text.contains(&format!("{hours:02}:{:02}:{:02}", time.minute, time.second))
        }
    };
    if equal {
        Ok(())
    } else {
        Err(format!("{value:?}"))
    }
}
