//! Parameters of an execute: kept types, long data, and what is refused.

use mysql_proto::command::Command;
use mysql_proto::error::DecodeError;
use mysql_proto::limits::Limits;
use mysql_proto::row::value::Value;
use mysql_proto::statement::CursorFlags;
use mysql_proto::statement::Execute;
use mysql_proto::statement::ParameterValue;
use mysql_proto::statement::Parameters;
use mysql_proto::statement::StatementId;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;

const INT: ValueType = ValueType {
    column_type: ColumnType::Long,
    unsigned: false,
};
const TEXT: ValueType = ValueType {
    column_type: ColumnType::VarString,
    unsigned: false,
};

fn read<'a>(
    block: &'a [u8],
    count: usize,
    kept: Option<&[ValueType]>,
    long: &[usize],
) -> Result<Parameters<'a>, DecodeError> {
    let execute = Execute {
        statement_id: StatementId::new(1),
        cursor: CursorFlags::empty(),
        iterations: 1,
        parameters: block,
    };
    execute.parameters(
        count,
        kept,
        |index| long.contains(&index),
        &Limits::default(),
    )
}

fn values<'a>(parameters: &Parameters<'a>) -> Vec<ParameterValue<'a>> {
    parameters.values.iter().map(|value| value.value).collect()
}

#[test]
fn types_of_an_earlier_execute_are_used_again() {
    let bound = read(b"\x00\x01\x03\x00\x07\x00\x00\x00", 1, None, &[]).unwrap();
    assert!(bound.types_bound);
    assert_eq!(bound.types(), [INT]);
    let again = read(b"\x00\x00\x08\x00\x00\x00", 1, Some(&bound.types()), &[]).unwrap();
    assert!(!again.types_bound);
    assert_eq!(values(&again), [ParameterValue::Value(Value::Int(8))]);
}

#[test]
fn parameters_without_types_are_refused() {
    let block = b"\x00\x00\x08\x00\x00\x00";
    assert_eq!(read(block, 1, None, &[]), Err(DecodeError::TypesNotBound));
    assert_eq!(
        read(block, 1, Some(&[INT, INT]), &[]),
        Err(DecodeError::TypesNotBound)
    );
}

#[test]
fn every_flag_but_zero_binds_types() {
    let bound = read(b"\x00\x1d\x03\x00\x07\x00\x00\x00", 1, None, &[]).unwrap();
    assert!(bound.types_bound);
}

#[test]
fn long_data_carries_no_value() {
    let block = b"\x02\x01\xfd\x00\x03\x00\xfd\x00\x01x";
    let read = read(block, 3, None, &[0]).unwrap();
    assert_eq!(
        values(&read),
        [
            ParameterValue::LongData,
            ParameterValue::Value(Value::Null),
            ParameterValue::Value(Value::Bytes(b"x")),
        ]
    );
}

#[test]
fn unsigned_is_told_by_the_type() {
    let signed = read(b"\x00\x01\x01\x00\xff", 1, None, &[]).unwrap();
    assert_eq!(values(&signed), [ParameterValue::Value(Value::Int(-1))]);
    let unsigned = read(b"\x00\x01\x01\x80\xff", 1, None, &[]).unwrap();
    assert_eq!(values(&unsigned), [ParameterValue::Value(Value::UInt(255))]);
}

#[test]
fn a_statement_without_parameters_may_send_the_flag() {
    for block in [&b""[..], b"\x00", b"\x01"] {
        assert!(read(block, 0, None, &[]).unwrap().values.is_empty());
    }
    assert!(read(b"\x00\x00", 0, None, &[]).is_err());
}

#[test]
fn unknown_types_and_flags_are_refused() {
    for block in [
        &b"\x00\x01\x12\x00\x00"[..],
        b"\x00\x01\xf3\x00\x00",
        b"\x00\x01\x01\x40\x00",
    ] {
        assert!(matches!(
            read(block, 1, None, &[]),
            Err(DecodeError::Invalid { .. })
        ));
    }
}

#[test]
fn a_value_too_many_is_refused() {
    let block = b"\x00\x01\x01\x00\x05\x05";
    assert!(matches!(
        read(block, 1, None, &[]),
        Err(DecodeError::TrailingBytes { .. })
    ));
}

#[test]
fn counts_over_the_limit_are_refused() {
    let kept = vec![TEXT; 70_000];
    assert!(matches!(
        read(&[0; 9000], 70_000, Some(&kept), &[]),
        Err(DecodeError::OverLimit { .. })
    ));
}

#[test]
fn executes_with_strange_heads_are_refused() {
    // Two iterations; a cursor flag that does not exist.
    assert!(Command::decode(b"\x17\x01\x00\x00\x00\x00\x02\x00\x00\x00").is_err());
    assert!(Command::decode(b"\x17\x01\x00\x00\x00\x80\x01\x00\x00\x00").is_err());
    assert!(Command::decode(b"\x17\x01\x00\x00\x00\x01\x01\x00\x00\x00").is_ok());
}
