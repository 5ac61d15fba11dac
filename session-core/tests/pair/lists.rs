//! Lists of system variables and counters: only those that may be read are shown.

use mysql_proto::exchange::ReplyKind;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::value::Value;

use crate::pair::Cut;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::column;
use crate::target::row;

const SHOWN: [&str; 3] = ["sql_mode", "VERSION", "character_set_of_later"];
const HIDDEN: [&str; 4] = ["secure_file_priv", "warning_count", "", "sql"];

fn pairs() -> impl Iterator<Item = Pair> {
    [Cut::Whole, Cut::Single, Cut::Seed(11)]
        .into_iter()
        .map(|cut| Pair::ready_with(Pair::new().cut(cut), &Login::default()))
}

fn definitions() -> Vec<mysql_proto::response::column::ColumnDefinition<'static>> {
    vec![column("", "Variable_name"), column("", "Value")]
}

fn mixed() -> Vec<&'static str> {
    let mut names = Vec::new();
    for hidden in HIDDEN {
        names.push(hidden);
        names.extend(SHOWN);
    }
    names.push("hostname");
    names
}

#[test]
fn rows_of_what_may_not_be_read_are_dropped() {
    for mut pair in pairs() {
        let cells = |name: &str| row(&[Some(name), Some("value")]);
        let sent = mixed().into_iter().map(cells).collect();
        let rows = pair
            .query_with("SHOW VARIABLES", Reply::rows(definitions(), sent))
            .rows();
        let shown: Vec<_> = SHOWN.into_iter().map(cells).collect();
        assert!(rows.ended);
        assert_eq!(rows.rows, vec![shown; HIDDEN.len()].concat());
        assert!(!pair.shows("secure_file_priv") && !pair.shows("hostname"));
        // What follows is numbered as the client expects.
        let reply = Reply::rows(definitions(), vec![cells("Handler_read_key")]);
        let rows = pair.query_with("SHOW STATUS", reply).rows();
        assert!(rows.ended && rows.rows.is_empty());
    }
}

#[test]
fn rows_of_the_binary_protocol_are_dropped_too() {
    for mut pair in pairs() {
        let definitions = definitions();
        let prepared = Reply::Prepared {
            id: 4,
            parameters: 0,
            definitions: definitions.clone(),
        };
        let id = pair.prepare("SHOW VARIABLES", prepared).prepared();
        let types = [definitions[0].value_type(), definitions[1].value_type()];
        let cells = |name: Value<'_>| {
            let mut cells = Vec::new();
            encode_row(&[name, Value::Bytes(b"value")], &types, &mut cells).unwrap();
            cells
        };
        let mut sent: Vec<_> = mixed()
            .into_iter()
            .map(|name| cells(Value::Bytes(name.as_bytes())))
            .collect();
        sent.push(cells(Value::Null));
        let reply = Reply::rows(definitions.clone(), sent);
        pair.target.replies.push_back(reply);
        let mut command = with_byte(0x17, &id.to_le_bytes());
        command.extend_from_slice(&[0, 1, 0, 0, 0]);
        let rows = pair.ask(&command, ReplyKind::Execute).rows();
        let shown: Vec<_> = SHOWN
            .map(|name| cells(Value::Bytes(name.as_bytes())))
            .into();
        assert!(rows.ended);
        assert_eq!(rows.rows, vec![shown; HIDDEN.len()].concat());
    }
}

#[test]
fn rows_that_cannot_be_read_are_not_shown() {
    for mut pair in pairs() {
        let broken = vec![vec![0xfb], b"\xfd\xff\xff\xffsql_mode".to_vec()];
        let reply = Reply::rows(definitions(), broken);
        let rows = pair.query_with("SHOW VARIABLES", reply).rows();
        assert!(rows.ended && rows.rows.is_empty(), "{rows:?}");
    }
}

#[test]
fn a_row_that_no_variable_has_ends_the_list() {
    for mut pair in [Cut::Whole, Cut::Seed(11)]
        .map(|cut| Pair::ready_with(Pair::new().cut(cut), &Login::default()))
    {
        let long = "x".repeat(2 * 1024 * 1024);
        let sent = vec![
            row(&[Some("sql_mode"), Some("")]),
            row(&[Some("sql_mode"), Some(&long)]),
        ];
        let got = pair.query_with("SHOW VARIABLES", Reply::rows(definitions(), sent));
        let Got::Rows(rows) = got else {
            panic!("{got:?}");
        };
        assert_eq!((rows.rows.len(), rows.error), (1, Some(1105)));
        assert!(pair.shows("POSTERN-MASK") && !pair.shows("xxx"));
        pair.query("SELECT 1").ok();
    }
}

#[test]
fn what_is_shown_by_name_is_relayed_as_it_comes() {
    let mut pair = Pair::ready();
    let sent = vec![row(&[Some("anything"), Some("value")])];
    let reply = Reply::rows(definitions(), sent.clone());
    let text = "SHOW VARIABLES LIKE 'version%'";
    assert_eq!(pair.query_with(text, reply).rows().rows, sent);
}
