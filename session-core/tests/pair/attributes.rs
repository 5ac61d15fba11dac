//! Query attributes: decided on is the text behind them, recorded what goes on, and nothing else goes on.

use audit_log::Event as Written;
use audit_log::statement::Attribute;
use audit_log::statement::ParameterValue;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::query::Query;
use mysql_proto::query::QueryAttribute;
use mysql_proto::row::value::Value;
use mysql_proto::statement::encode_parameters_with_attributes;
use mysql_proto::types::ColumnType;
use mysql_proto::types::ValueType;

use crate::approvals::granted;
use crate::pair::Cut;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::row;
use crate::world::CANARY;

const SELECT: &str = "SELECT id FROM shop.orders";
const PREPARED: &str = "SELECT id FROM shop.orders WHERE total = ?";
const TRACE: QueryAttribute<'static> = text(b"traceparent", b"00-4bf9-00f0-01");

const fn text(name: &'static [u8], value: &'static [u8]) -> QueryAttribute<'static> {
    QueryAttribute {
        name,
        value_type: of(ColumnType::VarString),
        value: Value::Bytes(value),
    }
}

const fn of(column_type: ColumnType) -> ValueType {
    ValueType {
        column_type,
        unsigned: false,
    }
}

fn login(more: Capabilities) -> Login {
    Login {
        capabilities: Login::default().capabilities | Capabilities::QUERY_ATTRIBUTES | more,
        database: Some("shop"),
        ..Login::default()
    }
}

fn ready() -> Pair {
    Pair::ready_with(Pair::new(), &login(Capabilities::MULTI_STATEMENTS))
}

fn query(attributes: &[QueryAttribute<'_>], text: &str) -> Vec<u8> {
    let mut payload = vec![3];
    let query = Query {
        attributes: attributes.to_vec(),
        text: text.as_bytes(),
    };
    query.encode(&mut payload).unwrap();
    payload
}

fn execute(
    id: u32,
    flags: u8,
    parameters: &[(ValueType, Value<'_>)],
    attributes: &[QueryAttribute<'_>],
) -> Vec<u8> {
    let mut payload = with_byte(0x17, &id.to_le_bytes());
    payload.extend([flags, 1, 0, 0, 0]);
    if flags & 8 != 0 || !parameters.is_empty() {
        encode_parameters_with_attributes(parameters, attributes, &mut payload).unwrap();
    }
    payload
}

const NUMBER: (ValueType, Value<'static>) = (of(ColumnType::LongLong), Value::Int(42));

fn prepare(pair: &mut Pair, text: &str, parameters: u16) -> u32 {
    let reply = Reply::Prepared {
        id: 5,
        parameters,
        definitions: vec![column("shop.orders", "id")],
    };
    pair.prepare(text, reply).prepared()
}

fn recorded(pair: &Pair) -> Vec<Vec<(String, ParameterValue)>> {
    let plain = |attribute: &Attribute| (attribute.name.clone(), attribute.value.clone());
    let written = pair.written().into_iter();
    let attributes = written.filter_map(|event| match event {
        Written::Intent(intent) => Some(&intent.attributes),
        Written::Refusal(refusal) => Some(&refusal.attributes),
        _ => None,
    });
    attributes
        .map(|all| all.iter().map(plain).collect())
        .collect()
}

fn trace() -> Vec<(String, ParameterValue)> {
    let value = ParameterValue::Clear("00-4bf9-00f0-01".into());
    vec![("traceparent".to_owned(), value)]
}

fn orders() -> Reply {
    Reply::rows(vec![column("shop.orders", "id")], vec![row(&[Some("1")])])
}

#[test]
fn what_is_recorded_goes_on_with_the_statement() {
    for seed in 1..10 {
        let mut pair = ready().cut(Cut::Seed(seed));
        let number = QueryAttribute {
            name: b"n",
            value_type: of(ColumnType::LongLong),
            value: Value::Int(-7),
        };
        let none = QueryAttribute {
            name: b"",
            value_type: of(ColumnType::Null),
            value: Value::Null,
        };
        let payload = query(&[TRACE, number, none], SELECT);
        pair.target.replies.push_back(orders());
        assert_eq!(pair.ask(&payload, ReplyKind::Query).rows().rows.len(), 1);
        assert_eq!(pair.commands_seen(), [payload]);
        let mut expected = trace();
        expected.push(("n".to_owned(), ParameterValue::Clear("-7".into())));
        expected.push((String::new(), ParameterValue::Null));
        assert_eq!(recorded(&pair), [expected]);
    }
}

#[test]
fn the_text_behind_them_is_decided() {
    let mut pair = ready();
    let hidden = text(b"SELECT 1", b"SELECT id FROM shop.orders");
    let denied = query(&[hidden], "DROP TABLE shop.orders");
    pair.ask(&denied, ReplyKind::Query)
        .is_failure(1142, "[POSTERN-DENIED]");
    assert_eq!(recorded(&pair).len(), 1, "also of what is refused");
    let masked = query(&[TRACE], "SELECT email FROM shop.customers");
    let email = vec![column("shop.customers", "email")];
    pair.target
        .replies
        .push_back(Reply::rows(email, vec![row(&[Some(CANARY)])]));
    assert_eq!(pair.ask(&masked, ReplyKind::Query).rows().rows.len(), 1);
    assert!(!pair.shows(CANARY));
}

#[test]
fn beside_a_protected_column_only_a_digest_of_them_is_kept() {
    let mut pair = ready();
    let masked = query(&[TRACE], "SELECT email FROM shop.customers");
    let email = vec![column("shop.customers", "email")];
    pair.target.replies.push_back(Reply::rows(email, vec![]));
    pair.ask(&masked, ReplyKind::Query).rows();
    let (name, value) = recorded(&pair).remove(0).remove(0);
    assert_eq!(name, "traceparent");
    assert!(matches!(value, ParameterValue::Digest(_)), "{value:?}");
}

#[test]
fn a_client_without_them_has_none_in_front_of_its_text() {
    let mut pair = Pair::ready();
    pair.ask(&query(&[], "SELECT 1"), ReplyKind::Query)
        .is_failure(1064, "[POSTERN-");
    pair.query_with(SELECT, orders()).rows();
    assert_eq!(pair.commands_seen(), [with_byte(3, SELECT.as_bytes())]);
}

#[test]
fn statements_of_the_gateway_have_none() {
    let mut pair = Pair::with("9.7.4", Some("guard"));
    let got = pair.log_in(&login(Capabilities::empty()));
    assert!(matches!(got, Got::Ok(_)), "{got:?}");
    let email = vec![column("shop.customers", "email")];
    pair.target.logged_in = true;
    pair.target.replies.push_back(Reply::rows(email, vec![]));
    let masked = query(&[TRACE], "SELECT email FROM shop.customers");
    pair.ask(&masked, ReplyKind::Query).rows();
    let own = |text: &str| pair.target.seen.contains(&Seen::Own(text.to_owned()));
    assert!(own("SET ROLE `guard`") && own("SET ROLE NONE") && own("shop"));
}

#[test]
fn each_of_several_statements_has_them() {
    let mut pair = ready();
    pair.target.replies.extend([orders(), orders()]);
    pair.command(&query(&[TRACE], &format!("{SELECT}; {SELECT}")));
    assert_eq!(pair.answers(ReplyKind::Query).len(), 2);
    let one = query(&[TRACE], SELECT);
    let other = query(&[TRACE], &format!(" {SELECT}"));
    assert_eq!(pair.commands_seen(), [one, other]);
    assert_eq!(recorded(&pair), [trace(), trace()]);
}

#[test]
fn what_cannot_be_taken_apart_is_refused_and_the_session_goes_on() {
    let limit = (1105, "[POSTERN-LIMIT]");
    let malformed = (1835, "[POSTERN-PROTOCOL]");
    let many = vec![TRACE; 65];
    let long = vec![b'x'; 9000];
    let long = QueryAttribute {
        value: Value::Bytes(&long),
        ..TRACE
    };
    let long_name = [b'x'; 257];
    let long_name = QueryAttribute {
        name: &long_name,
        ..TRACE
    };
    let cases = [
        (query(&many, SELECT), limit),
        (query(&[long, long], SELECT), limit),
        (query(&[long_name], SELECT), limit),
        (
            query(&[text(b"\xff", b"")], SELECT),
            (1300, "[POSTERN-PROTOCOL]"),
        ),
        (b"\x03\x00\x00SELECT 1".to_vec(), malformed),
        (b"\x03\x00\x02SELECT 1".to_vec(), malformed),
        (b"\x03\x01\x01\x00\x00SELECT 1".to_vec(), malformed),
        (
            b"\x03\x01\x01\x00\x01\x77\x00\x01nSELECT 1".to_vec(),
            malformed,
        ),
        (
            b"\x03\x01\x01\x00\x01\xfd\x00\x01n\xf0SELECT 1".to_vec(),
            malformed,
        ),
        (b"\x03\x09\x01\x00".to_vec(), malformed),
        (
            b"\x03\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01".to_vec(),
            limit,
        ),
        (b"\x03".to_vec(), malformed),
    ];
    let mut pair = ready();
    for (payload, (code, token)) in cases {
        pair.ask(&payload, ReplyKind::Query).is_failure(code, token);
    }
    assert_eq!(pair.commands_seen(), [] as [&[u8]; 0]);
    pair.target.replies.push_back(orders());
    pair.ask(&query(&[], SELECT), ReplyKind::Query).rows();
}

#[test]
fn a_query_cut_anywhere_in_its_attributes_is_refused() {
    let whole = query(&[TRACE], "");
    let mut pair = ready();
    for cut in 1..whole.len() {
        pair.ask(&whole[..cut], ReplyKind::Query)
            .is_failure(1835, "[POSTERN-PROTOCOL]");
    }
    assert_eq!(pair.commands_seen(), [] as [&[u8]; 0]);
}

#[test]
fn an_execute_has_its_parameters_and_its_attributes_apart() {
    let mut pair = ready();
    let id = prepare(&mut pair, PREPARED, 1);
    let payload = execute(id, 8, &[NUMBER], &[TRACE]);
    pair.ask(&payload, ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen()[1], payload);
    assert_eq!(recorded(&pair), [vec![], trace()]);
    let intents = pair.written().into_iter().filter_map(|event| match event {
        Written::Intent(intent) => Some(intent.parameters.len()),
        _ => None,
    });
    assert_eq!(intents.collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn the_types_that_are_kept_are_those_of_the_parameters() {
    let mut pair = ready();
    let id = prepare(&mut pair, PREPARED, 1);
    let untyped = |count: u8| {
        let mut payload = execute(id, 8, &[], &[]);
        payload.truncate(10);
        payload.extend([count, 0, 0]);
        payload.extend(7_u64.to_le_bytes());
        payload
    };
    pair.ask(&untyped(1), ReplyKind::Execute)
        .is_failure(1835, "[POSTERN-PROTOCOL]");
    let typed = execute(id, 8, &[NUMBER], &[TRACE]);
    pair.ask(&typed, ReplyKind::Execute).ok();
    pair.ask(&untyped(1), ReplyKind::Execute).ok();
    // Nothing says of what type the second is.
    pair.ask(&untyped(2), ReplyKind::Execute)
        .is_failure(1835, "[POSTERN-PROTOCOL]");
    assert_eq!(pair.commands_seen().len(), 3);
}

#[test]
fn the_target_is_told_of_a_count_that_was_read() {
    let mut pair = ready();
    let id = prepare(&mut pair, PREPARED, 1);
    let silent = execute(id, 0, &[NUMBER], &[]);
    pair.ask(&silent, ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen()[1], execute(id, 8, &[NUMBER], &[]));
}

#[test]
fn an_execute_without_parameters_may_have_attributes() {
    let mut pair = ready();
    let id = prepare(&mut pair, SELECT, 0);
    for payload in [
        execute(id, 8, &[], &[TRACE]),
        execute(id, 8, &[], &[]),
        execute(id, 0, &[], &[]),
    ] {
        pair.ask(&payload, ReplyKind::Execute).ok();
        assert_eq!(pair.commands_seen().last(), Some(&&*payload));
    }
}

#[test]
fn without_the_flag_nothing_behind_an_execute_without_parameters_goes_on() {
    let mut pair = ready();
    let id = prepare(&mut pair, SELECT, 0);
    let silent = execute(id, 0, &[], &[]);
    let behind = [&silent[..], b"\x01\x00\x01\xfd\x00\x01n\x03abc"].concat();
    pair.ask(&behind, ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen()[1], silent);
    assert_eq!(recorded(&pair), [vec![], vec![]]);
}

#[test]
fn an_execute_whose_count_lies_or_whose_parameters_have_names_is_refused() {
    let mut pair = ready();
    let id = prepare(&mut pair, PREPARED, 1);
    let head = &execute(id, 8, &[], &[])[..10];
    let cases: [(&[u8], u16); 6] = [
        (b"\x00", 1835),
        (b"\x01\x00\x01\x08\x00\x01n\x2a\0\0\0\0\0\0\0", 1210),
        (b"\x02\x00\x01\x08\x00\x00\x2a\0\0\0\0\0\0\0", 1835),
        (b"\x01\x00\x01\x08\x00\x00\x2a\0\0\0\0\0\0\0\0", 1835),
        (b"\x09\x00\x01", 1835),
        (b"\xfd\xff\xff\xff\x00\x01", 1105),
    ];
    for (rest, code) in cases {
        let payload = [head, rest].concat();
        pair.ask(&payload, ReplyKind::Execute)
            .is_failure(code, "[POSTERN-");
    }
    assert_eq!(pair.commands_seen().len(), 1);
    pair.ask(&execute(id, 8, &[NUMBER], &[]), ReplyKind::Execute)
        .ok();
}

#[test]
fn what_was_sent_ahead_is_of_a_parameter_and_not_of_an_attribute() {
    let mut pair = ready();
    let id = prepare(&mut pair, PREPARED, 1);
    let ahead = [&with_byte(0x18, &id.to_le_bytes())[..], b"\0\0long"].concat();
    pair.command(&ahead);
    let mut payload = execute(id, 8, &[], &[])[..10].to_vec();
    payload.extend(b"\x02\x00\x01\xfd\x00\x00\xfd\x00\x01n\x03abc");
    pair.ask(&payload, ReplyKind::Execute).ok();
    assert_eq!(pair.commands_seen()[1..], [&ahead[..], &payload]);
    let value = ParameterValue::Clear("abc".into());
    assert_eq!(recorded(&pair)[1], [("n".to_owned(), value)]);
    // And not for another that the statement does not have.
    let beyond = [&with_byte(0x18, &id.to_le_bytes())[..], b"\x01\0x"].concat();
    pair.command(&beyond);
    pair.ask(&payload, ReplyKind::Execute)
        .is_failure(1210, "[POSTERN-STATEMENT]");
}

#[test]
fn what_an_approval_lets_run_goes_without_them() {
    let update = "UPDATE shop.payments SET amount = 1 WHERE id = 1";
    let mut pair = ready();
    pair.approve = granted;
    pair.ask(&query(&[TRACE], update), ReplyKind::Query).ok();
    assert_eq!(pair.commands_seen(), [query(&[], update)]);
    assert_eq!(recorded(&pair), [trace()]);
}

#[test]
fn what_an_approval_lets_execute_goes_without_them() {
    let texts = [
        (
            "UPDATE shop.payments SET amount = ? WHERE id = 1",
            &[NUMBER][..],
        ),
        ("UPDATE shop.payments SET amount = 1 WHERE id = 1", &[]),
    ];
    for (update, values) in texts {
        let mut pair = ready();
        pair.approve = granted;
        let prepared = Reply::Prepared {
            id: 5,
            parameters: u16::try_from(values.len()).unwrap(),
            definitions: vec![],
        };
        let id = pair.prepare(update, prepared).prepared();
        let asked = execute(id, 8, values, &[TRACE]);
        pair.ask(&asked, ReplyKind::Execute).ok();
        let flags = if values.is_empty() { 0 } else { 8 };
        assert_eq!(pair.commands_seen()[1], execute(id, flags, values, &[]));
        assert_eq!(recorded(&pair), [vec![], trace()]);
    }
}
