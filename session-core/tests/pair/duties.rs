//! What is owed for an allowed statement: masks, limits, silence about protected values.

use audit_log::Event as Written;
use audit_log::statement::Status;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::frame::encode_packet;
use mysql_proto::row::binary::encode_row;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use mysql_proto::types::SequenceId;
use mysql_proto::types::ValueType;

use crate::pair::CLIENT;
use crate::pair::Cut;
use crate::pair::Did;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::err;
use crate::target::row;
use crate::world::CANARY;
use crate::world::SECOND_US;

const PROTECTED: &str = "SELECT name, email FROM shop.customers";

fn protected_rows(count: usize) -> Reply {
    Reply::Rows {
        definitions: vec![
            column("shop.customers", "name"),
            column("shop.customers", "email"),
        ],
        rows: vec![row(&[Some("Ada"), Some(CANARY)]); count],
        warnings: 3,
    }
}

/// Sessions of clients that do and do not deprecate EOF, with bytes cut in many ways.
fn pairs() -> impl Iterator<Item = Pair> {
    let cuts = [
        Cut::Whole,
        Cut::Single,
        Cut::Seed(1),
        Cut::Seed(9),
        Cut::Seed(5),
    ];
    cuts.into_iter().flat_map(|cut| {
        [CLIENT, CLIENT | Capabilities::DEPRECATE_EOF].map(|capabilities| {
            let login = Login {
                capabilities,
                ..Login::default()
            };
            Pair::ready_with(Pair::new().cut(cut), &login)
        })
    })
}

#[test]
fn protected_text_cells_are_masked() {
    for mut pair in pairs() {
        let rows = pair.query_with(PROTECTED, protected_rows(40)).rows();
        assert_eq!((rows.rows.len(), rows.definitions.len()), (40, 2));
        assert!(rows.ended && rows.warnings == 0);
        assert!(pair.shows("Ada") && !pair.shows(CANARY));
    }
}

#[test]
fn protected_binary_cells_are_masked() {
    for mut pair in pairs() {
        let definitions = vec![
            column("shop.customers", "name"),
            column("shop.customers", "email"),
        ];
        let prepared = Reply::Prepared {
            id: 4,
            parameters: 0,
            definitions: definitions.clone(),
        };
        let id = pair.prepare(PROTECTED, prepared).prepared();
        let text = ValueType {
            column_type: ColumnType::VarString,
            unsigned: false,
        };
        let cells = [Value::Bytes(b"Ada"), Value::Bytes(CANARY.as_bytes())];
        let mut payload = Vec::new();
        encode_row(&cells, &[text, text], &mut payload).unwrap();
        pair.target
            .replies
            .push_back(Reply::rows(definitions, vec![payload; 20]));
        let mut command = with_byte(0x17, &id.to_le_bytes());
        command.extend_from_slice(&[0, 1, 0, 0, 0]);
        let rows = pair.ask(&command, ReplyKind::Execute).rows();
        assert!(rows.rows.len() == 20 && rows.ended);
        assert!(pair.shows("Ada") && !pair.shows(CANARY));
    }
}

#[test]
fn rows_without_masks_pass_as_they_are() {
    for mut pair in pairs() {
        let sent: Vec<Vec<u8>> = (0..300)
            .map(|number: usize| row(&[Some(&"x".repeat(number)), None]))
            .collect();
        let definitions = vec![column("shop.orders", "id"), column("shop.orders", "total")];
        let reply = Reply::rows(definitions.clone(), sent.clone());
        let text = "SELECT id, total FROM shop.orders";
        let rows = pair.query_with(text, reply).rows();
        assert!(rows.ended && rows.rows == sent && rows.definitions == definitions);
        let Some(Written::Outcome(outcome)) = pair.written().last().copied() else {
            panic!("no outcome");
        };
        assert_eq!((outcome.rows, outcome.status), (300, Status::Ok));
    }
}

#[test]
fn rows_are_not_gathered_before_they_are_sent() {
    let mut pair = Pair::ready();
    pair.answers = false;
    pair.command(&with_byte(3, b"SELECT id FROM shop.orders"));
    let mut bytes = Vec::new();
    let mut sequence = SequenceId::ZERO.next();
    for payload in [
        vec![1],
        encoded(&column("shop.orders", "id")),
        row(&[Some("first")]),
    ] {
        encode_packet(&payload, &mut sequence, &mut bytes);
    }
    pair.target_says(&bytes);
    assert!(pair.shows("first"));
    // The beginning of a long row.
    pair.target_says(&[100, 0, 0, 4, 99, b'b', b'e', b'g', b'i', b'n']);
    assert!(pair.shows("begin"));
}

fn encoded(definition: &mysql_proto::response::column::ColumnDefinition<'_>) -> Vec<u8> {
    let mut payload = Vec::new();
    definition.encode(&mut payload);
    payload
}

#[test]
fn a_result_ends_at_the_row_limit() {
    for mut pair in pairs() {
        for (count, error) in [(3, None), (4, Some(1226)), (90, Some(1226))] {
            let text = "SELECT word FROM small.list";
            let rows = vec![row(&[Some("word")]); count];
            let reply = Reply::rows(vec![column("small.list", "word")], rows);
            let rows = pair.query_with(text, reply).rows();
            assert_eq!((rows.rows.len(), rows.error), (3, error));
            assert_eq!(rows.ended, error.is_none());
        }
        assert_eq!(pair.killed(), 2);
    }
}

#[test]
fn a_masked_result_ends_at_the_row_limit() {
    let mut pair = Pair::ready();
    pair.query_with(PROTECTED, protected_rows(3)).rows();
    assert_eq!(pair.killed(), 0);
}

#[test]
fn a_statement_is_stopped_when_its_time_is_over() {
    let mut pair = Pair::ready();
    let started = pair.now_us;
    let definitions = vec![column("small.list", "word")];
    let reply = Reply::Running {
        definitions,
        rows: vec![row(&[Some("one")])],
    };
    pair.query_with("SELECT word FROM small.list", reply);
    pair.pass_to_deadline();
    assert_eq!(pair.now_us, started + 5 * SECOND_US);
    assert_eq!(pair.killed(), 1);
    assert_eq!(pair.unread(), b"");
    let mut bytes = Vec::new();
    encode_packet(
        &err(1317, "interrupted"),
        &mut SequenceId::new(4),
        &mut bytes,
    );
    pair.target_says(&bytes);
    let (sequence, payload) = pair.packet().unwrap();
    assert_eq!(sequence, 4);
    crate::pair::failure(&payload).is_failure(3024, "[POSTERN-LIMIT]");
    pair.ask(&[0x0e], ReplyKind::Ok).ok();
}

#[test]
fn a_statement_that_cannot_be_stopped_ends_the_session() {
    let mut pair = Pair::ready();
    pair.query_with("SELECT word FROM small.list", Reply::Silence);
    pair.pass_to_deadline();
    pair.pass_to_deadline();
    assert!(pair.session.is_closed());
    assert_eq!(
        pair.written_names(),
        ["intent", "security_event", "outcome", "connection_closed"]
    );
}

#[test]
fn nothing_is_stopped_once_its_reply_has_ended() {
    let mut pair = Pair::ready();
    pair.holds_records = true;
    pair.command(&with_byte(3, b"SELECT id FROM shop.orders"));
    pair.answer_record(true);
    assert_eq!(pair.written_names(), ["intent", "outcome"]);
    pair.pass_to_deadline();
    assert_eq!(pair.killed(), 0, "it would hit the next statement");
}

#[test]
fn a_failure_on_protected_columns_says_nothing() {
    for code in [1062, 1292, 1366, 1406] {
        let mut pair = Pair::ready();
        let got = pair.query_with(PROTECTED, Reply::Err(code, "entry 'canary-4f7d19'"));
        got.is_failure(1105, "[POSTERN-PROTECTED]");
        assert!(!pair.shows(CANARY));
        let Some(Written::Outcome(outcome)) = pair.written().last().copied() else {
            panic!("no outcome");
        };
        assert_eq!(outcome.error.as_ref().unwrap().code, code, "for auditors");
    }
}

#[test]
fn a_failure_elsewhere_is_the_targets_own() {
    let mut pair = Pair::ready();
    let got = pair.query_with("SELECT id FROM shop.orders", Reply::Err(1054, "unknown"));
    got.is_failure(1054, "unknown");
}

#[test]
fn what_a_trigger_says_is_not_shown() {
    const TEXT: &str = "INSERT INTO small.watched (id) VALUES (1)";
    let mut pair = Pair::ready();
    let got = pair.query_with(TEXT, Reply::Err(1644, "canary-4f7d19"));
    got.is_failure(1105, "[POSTERN-PROTECTED]");
    let reply = Reply::Ok {
        warnings: 2,
        info: "canary-4f7d19",
    };
    let ok = pair.query_with(TEXT, reply).ok();
    assert_eq!((ok.warnings, ok.info), (0, &b""[..]));
    assert!(!pair.shows(CANARY));
}

fn show_warnings(pair: &mut Pair) -> usize {
    let before = pair.target.seen.len();
    let rows = vec![row(&[Some("Warning"), Some("1292"), Some(CANARY)])];
    let definitions = ["Level", "Code", "Message"].map(|name| column("", name));
    pair.target
        .replies
        .push_front(Reply::rows(definitions.to_vec(), rows));
    let shown = pair.query("SHOW WARNINGS").rows();
    if pair.target.seen.len() == before {
        pair.target.replies.pop_front();
    }
    shown.rows.len()
}

#[test]
fn warnings_of_a_protected_statement_are_never_shown() {
    for mut pair in pairs() {
        pair.query_with(PROTECTED, protected_rows(1)).rows();
        assert_eq!(show_warnings(&mut pair), 0);
        assert_eq!(show_warnings(&mut pair), 0, "asking changes nothing");
        assert!(!pair.shows(CANARY));
    }
}

#[test]
fn only_a_statement_on_a_table_clears_the_warnings() {
    // Both servers keep them over these; MariaDB over every statement without a table.
    let keeping: [&[u8]; 6] = [
        &[0x0e],
        &[0x09],
        b"\x03SELECT 1",
        b"\x03SET @a = 1",
        b"\x03BEGIN",
        b"\x02shop",
    ];
    for command in keeping {
        let mut pair = Pair::mariadb();
        pair.query_with(PROTECTED, protected_rows(1)).rows();
        if command[0] == 9 {
            pair.target
                .replies
                .push_back(Reply::Payloads(vec![b"Uptime: 1".to_vec()]));
        }
        pair.command(command);
        while pair.packet().is_some() {}
        assert_eq!(show_warnings(&mut pair), 0, "{command:x?}");
        assert!(!pair.shows(CANARY), "{command:x?}");
    }
    let mut pair = Pair::mariadb();
    pair.query_with(PROTECTED, protected_rows(1)).rows();
    pair.query("SELECT id FROM shop.orders").ok();
    assert_eq!(show_warnings(&mut pair), 1);
}

#[test]
fn the_guard_role_is_taken_for_protected_statements_only() {
    let mut pair = Pair::guarded();
    pair.query("SELECT name FROM shop.customers").ok();
    assert!(matches!(pair.target.seen[..], [Seen::Command(_)]));
    pair.target.seen.clear();
    pair.query_with(PROTECTED, protected_rows(2)).rows();
    let seen = pair.target.seen.clone();
    let own = |text: &str| Seen::Own(text.to_owned());
    assert!(
        matches!(seen[..], [_, Seen::Command(_), _])
            && seen[0] == own("SET ROLE `guard`")
            && seen[2] == own("SET ROLE NONE"),
        "{seen:?}"
    );
}

#[test]
fn the_guard_role_is_given_back_after_a_failure() {
    let mut pair = Pair::guarded();
    pair.query_with(PROTECTED, Reply::Err(1105, "no"))
        .is_failure(1105, "");
    assert_eq!(
        pair.target.seen.last(),
        Some(&Seen::Own("SET ROLE NONE".to_owned()))
    );
}

#[test]
fn a_guard_role_that_is_not_given_ends_the_session() {
    for part in ["SET ROLE `guard`", "SET ROLE NONE"] {
        let mut pair = Pair::guarded();
        pair.target.refuses_own = Some(part);
        pair.query_with(PROTECTED, protected_rows(1));
        assert!(pair.session.is_closed(), "{part}");
        assert!(!pair.shows(CANARY));
    }
}

/// Stops a statement on a protected column by its row limit, with a KILL that comes late.
fn stopped_late(times: usize, error: u16) -> Pair {
    let mut pair = Pair::guarded();
    pair.target.interrupts_own = (times, "SET ROLE NONE");
    let definitions = vec![column("small.people", "id"), column("small.people", "ssn")];
    let rows = vec![row(&[Some("1"), Some(CANARY)]); 5];
    let reply = Reply::rows(definitions, rows);
    let rows = pair
        .query_with("SELECT id, ssn FROM small.people", reply)
        .rows();
    assert_eq!((rows.rows.len(), rows.error), (3, Some(error)));
    assert_eq!(pair.killed(), 1);
    pair
}

#[test]
fn a_kill_that_comes_late_does_not_end_the_session() {
    let mut pair = stopped_late(1, 1226);
    let given_back = Seen::Own("SET ROLE NONE".to_owned());
    assert_eq!(pair.target.seen[2..], [given_back.clone(), given_back]);
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn a_role_that_is_never_given_back_ends_the_session() {
    assert!(stopped_late(4, 1105).session.is_closed());
}

#[test]
fn a_right_that_is_missing_tells_of_a_misreading() {
    let mut pair = Pair::guarded();
    let text = "SELECT name FROM shop.customers";
    let got = pair.query_with(text, Reply::Err(1143, "denied to 'reader'@'h' for 'email'"));
    got.is_failure(1105, "[POSTERN-WITNESS]");
    assert!(!pair.shows("reader"));
    assert!(pair.written_names().contains(&"security_event"));
}

#[test]
fn a_change_of_schema_is_announced_before_and_after() {
    for text in [
        "DROP TABLE small.list",
        "DROP TABLE IF EXISTS small.list, small.other",
    ] {
        let mut pair = Pair::ready();
        pair.query(text).ok();
        let order: Vec<&Did> = pair
            .did
            .iter()
            .filter(|did| matches!(did, Did::SchemaChanged | Did::ToServer(_)))
            .collect();
        assert!(
            matches!(
                order[..],
                [Did::SchemaChanged, Did::ToServer(_), Did::SchemaChanged]
            ),
            "{text}: {order:?}"
        );
    }
}
