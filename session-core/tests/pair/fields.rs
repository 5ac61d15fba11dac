//! COM_FIELD_LIST: decided as a read of the table, and shown as one.

use audit_log::record::Event as Written;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::response::column::DefaultValue;
use mysql_proto::response::ok::OkForm;
use mysql_proto::response::ok::OkPacket;

use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::Rows;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::world::CANARY;

fn in_shop() -> Pair {
    let login = Login {
        database: Some("shop"),
        ..Login::default()
    };
    Pair::ready_with(Pair::new(), &login)
}

/// A field of a table of `shop` with a default.
fn field(table: &str, name: &str, default: &'static str) -> ColumnDefinition<'static> {
    let mut field = column(table, name);
    field.default_value = DefaultValue::Text(default.as_bytes().into());
    field
}

fn list(fields: &[ColumnDefinition<'_>]) -> Reply {
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    for field in fields {
        let mut payload = Vec::new();
        field.encode(&mut payload);
        payloads.push(payload);
    }
    let mut end = Vec::new();
    OkPacket::default().encode(OkForm::End, Capabilities::DEPRECATE_EOF, &mut end);
    payloads.push(end);
    Reply::Payloads(payloads)
}

fn fields(pair: &mut Pair, table: &str, reply: Reply) -> Got {
    pair.target.replies.push_back(reply);
    let mut content = table.as_bytes().to_vec();
    content.push(0);
    pair.ask(&with_byte(4, &content), ReplyKind::FieldList)
}

fn customers() -> Vec<ColumnDefinition<'static>> {
    let names = ["id", "name", "email", "ssn"];
    let field = |name: &str| field("shop.customers", name, CANARY);
    names.into_iter().map(field).collect()
}

fn defaults(rows: &Rows) -> Vec<&DefaultValue<'static>> {
    rows.definitions.iter().map(|d| &d.default_value).collect()
}

#[test]
fn shows_the_fields_of_a_table_that_may_be_read() {
    let mut pair = in_shop();
    let sent = [
        field("shop.orders", "id", "0"),
        field("shop.orders", "total", "1.5"),
    ];
    let got = fields(&mut pair, "orders", list(&sent)).rows();
    assert_eq!(got.definitions, sent);
    assert!(got.ended);
    assert_eq!(pair.commands_seen(), [b"\x04orders\0"]);
    assert_eq!(pair.written_names(), ["intent", "outcome"]);
    let Written::Intent(intent) = pair.written()[0] else {
        panic!("no intent");
    };
    assert_eq!(intent.command, "field_list");
    assert_eq!(intent.tables[0].table, "shop.orders");
}

#[test]
fn shows_no_default_of_a_protected_column() {
    let mut pair = in_shop();
    let got = fields(&mut pair, "customers", list(&customers())).rows();
    let text = DefaultValue::Text(CANARY.as_bytes().into());
    let wanted = [&text, &text, &DefaultValue::Null, &DefaultValue::Null];
    assert_eq!(defaults(&got), wanted);
}

#[test]
fn a_pattern_leaves_columns_out_and_moves_no_mask() {
    let mut pair = in_shop();
    for (names, clear) in [(&[3_usize][..], 0), (&[0, 2], 1), (&[], 0), (&[2, 3], 0)] {
        let all = customers();
        let some: Vec<_> = names.iter().map(|index| all[*index].clone()).collect();
        let got = fields(&mut pair, "customers", list(&some));
        let Got::Rows(rows) = got else {
            panic!("{got:?}")
        };
        let shown = defaults(&rows)
            .iter()
            .filter(|d| ***d != DefaultValue::Null)
            .count();
        assert_eq!((rows.definitions.len(), shown), (names.len(), clear));
    }
}

#[test]
fn a_field_that_the_table_does_not_have_is_not_shown() {
    for unread in [
        vec![field("shop.customers", "hidden", CANARY)],
        vec![
            field("shop.customers", "ssn", CANARY),
            field("shop.customers", "email", CANARY),
        ],
        vec![
            field("shop.customers", "id", CANARY),
            field("shop.customers", "id", CANARY),
        ],
        // The name of one, and the origin of another.
        vec![{
            let mut field = field("shop.customers", "ssn", CANARY);
            field.name = b"id"[..].into();
            field
        }],
    ] {
        let mut pair = in_shop();
        let got = fields(&mut pair, "customers", list(&unread));
        got.is_failure(1105, "[POSTERN-WITNESS]");
        assert!(!pair.shows(CANARY));
        assert!(pair.written_names().contains(&"security_event"));
        assert_eq!(pair.killed(), 0, "nothing runs");
        pair.query("SELECT id FROM orders").ok();
    }
}

#[test]
fn a_target_that_lists_without_end_ends_the_session() {
    let mut pair = in_shop();
    let many: Vec<_> = (0..5000)
        .map(|_| field("shop.customers", "ssn", "x"))
        .collect();
    fields(&mut pair, "customers", list(&many));
    assert!(pair.session.is_closed());
}

#[test]
fn what_may_not_be_read_is_not_listed() {
    let mut pair = in_shop();
    for table in [
        "people",
        "nothing",
        "orders`; DROP TABLE orders -- ",
        "hr.people",
        "",
    ] {
        let mut content = table.as_bytes().to_vec();
        content.push(0);
        let got = pair.ask(&with_byte(4, &content), ReplyKind::FieldList);
        assert!(got.failure().1.starts_with("[POSTERN-"), "{table}");
    }
    let long = [&b"orders\0"[..], &b"%a".repeat(400)].concat();
    for content in [&b""[..], b"orders", b"\xff\xfe\0", &long] {
        let got = pair.ask(&with_byte(4, content), ReplyKind::FieldList);
        got.is_failure(1047, "[POSTERN-COMMAND]");
    }
    assert!(pair.target.seen.is_empty());
    // Without a default database there is no table either.
    let mut pair = Pair::ready();
    let got = pair.ask(&with_byte(4, b"orders\0"), ReplyKind::FieldList);
    assert!(got.failure().1.starts_with("[POSTERN-"));
    assert!(pair.target.seen.is_empty());
}

#[test]
fn an_error_of_the_target_ends_the_list() {
    let mut pair = in_shop();
    let got = fields(&mut pair, "orders", Reply::Err(1146, "no such table"));
    got.is_failure(1146, "no such table");
    pair.query("SELECT id FROM orders").ok();
}
