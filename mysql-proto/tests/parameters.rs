//! Parameters of an execute: kept types, long data, and what is refused.

use mysql_proto::command::Command;
use mysql_proto::error::DecodeError;
use mysql_proto::limits::Limits;
use mysql_proto::query::Query;
use mysql_proto::query::QueryAttribute;
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

// As the programs sent them to MySQL 9.7.4.

/// The `mysql` program 9.7, after `query_attributes trace_id 42 traceparent 00-ab`.
const OF_THE_MYSQL_PROGRAM: &[u8] =
    b"\x02\x01\x00\x01\xfe\x00\x08trace_id\xfe\x00\x0btraceparent\x0242\x0500-abSELECT 1";

/// Connector/Python 26.10, after `add_attribute` of `n` = -7, `s` = `é` and `d` = 1.5.
const OF_CONNECTOR_PYTHON: &[u8] = b"\x03\x01\x00\x01\x01\x00\x01n\xfe\x00\x01s\x05\x00\x01d\xf9\
    \x02\xc3\xa9\x00\x00\x00\x00\x00\x00\xf8?SELECT 1";

/// The same with a prepared `SELECT ?, 1` and the parameter 5.
const EXECUTE_OF_CONNECTOR_PYTHON: &[u8] = b"\x17\x01\x00\x00\x00\x08\x01\x00\x00\x00\x04\x00\x01\
    \x01\x80\x00\x01\x00\x01n\xfe\x00\x01s\x05\x00\x01d\x05\xf9\x02\xc3\xa9\
    \x00\x00\x00\x00\x00\x00\xf8?";

fn shown(attributes: &[QueryAttribute<'_>]) -> Vec<String> {
    attributes
        .iter()
        .map(|attribute| {
            let name = String::from_utf8_lossy(attribute.name);
            let kind = attribute.value_type.column_type;
            if let Value::Bytes(bytes) = attribute.value {
                return format!("{name}: {kind:?} = {}", String::from_utf8_lossy(bytes));
            }
            format!("{name}: {kind:?} = {:?}", attribute.value)
        })
        .collect()
}

#[test]
fn attributes_of_real_programs_are_read_and_written_as_they_were() {
    let python = [
        "n: Tiny = Int(-7)",
        "s: String = é",
        "d: Double = Double(1.5)",
    ];
    let mysql = ["trace_id: String = 42", "traceparent: String = 00-ab"];
    for (content, expected) in [
        (OF_THE_MYSQL_PROGRAM, &mysql[..]),
        (OF_CONNECTOR_PYTHON, &python),
    ] {
        let query = Query::decode(content, &Limits::default()).unwrap();
        assert_eq!(shown(&query.attributes), expected);
        assert_eq!(query.text, b"SELECT 1");
        let mut out = Vec::new();
        query.encode(&mut out).unwrap();
        assert_eq!(out, content);
    }
    let payload = EXECUTE_OF_CONNECTOR_PYTHON;
    let Ok(Command::StmtExecute(execute)) = Command::decode(payload) else {
        panic!("no execute");
    };
    let limits = Limits::default();
    let read = execute
        .parameters_with_attributes(1, None, |_| false, &limits)
        .unwrap();
    assert_eq!(shown(&read.attributes), python);
    assert_eq!(values(&read), [ParameterValue::Value(Value::UInt(5))]);
    let mut out = Vec::new();
    read.encode_with_attributes(&mut out).unwrap();
    assert_eq!(out, execute.parameters);
}

#[test]
fn every_cut_of_a_real_execute_with_attributes_is_refused() {
    let payload = EXECUTE_OF_CONNECTOR_PYTHON;
    for cut in 10..payload.len() {
        let Ok(Command::StmtExecute(execute)) = Command::decode(&payload[..cut]) else {
            panic!("no execute at {cut}");
        };
        let read = execute.parameters_with_attributes(1, None, |_| false, &Limits::default());
        assert!(read.is_err(), "cut at {cut}");
    }
}

#[test]
fn what_came_ahead_is_written_again_without_a_value() {
    let block = b"\x02\x00\x01\xfd\x00\x00\xfd\x00\x01n\x03abc";
    let execute = Execute {
        statement_id: StatementId::new(1),
        cursor: CursorFlags::PARAMETER_COUNT_AVAILABLE,
        iterations: 1,
        parameters: block,
    };
    let read = execute
        .parameters_with_attributes(1, None, |index| index == 0, &Limits::default())
        .unwrap();
    let mut out = Vec::new();
    read.encode_with_attributes(&mut out).unwrap();
    assert_eq!(out, block);
}

#[test]
fn a_parameter_with_a_name_tells_it() {
    let execute = Execute {
        statement_id: StatementId::new(1),
        cursor: CursorFlags::PARAMETER_COUNT_AVAILABLE,
        iterations: 1,
        parameters: b"\x01\x00\x01\xfd\x00\x01p\x03abc",
    };
    let read = execute.parameters_with_attributes(1, None, |_| false, &Limits::default());
    assert_eq!(read.unwrap().values[0].name, b"p");
}
