//! Cursors: rows that are fetched keep the masks of their EXECUTE, or are not shown.

use std::sync::Arc;

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::StatusFlags;
use mysql_proto::types::ColumnType;
use policy_core::name::TableId;
use session_core::config::Policy;

use crate::pair::CLIENT;
use crate::pair::Cut;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::typed_column;
use crate::world;
use crate::world::CANARY;

const MASKED: &str = "SELECT id, email FROM shop.customers";
const PLAIN: &str = "SELECT id FROM shop.orders";

fn definitions() -> Vec<mysql_proto::response::column::ColumnDefinition<'static>> {
    vec![
        typed_column("shop.customers", "id", ColumnType::Long),
        column("shop.customers", "email"),
    ]
}

fn row(id: i32) -> Vec<u8> {
    let mut row = vec![0, 0];
    row.extend(id.to_le_bytes());
    row.push(u8::try_from(CANARY.len()).unwrap());
    row.extend_from_slice(CANARY.as_bytes());
    row
}

fn ids(count: i32) -> Vec<Vec<u8>> {
    (0..count)
        .map(|id| [&[0, 0][..], &id.to_le_bytes()].concat())
        .collect()
}

fn execute(id: u32, flags: u8) -> Vec<u8> {
    let mut payload = with_byte(0x17, &id.to_le_bytes());
    payload.extend_from_slice(&[flags, 1, 0, 0, 0]);
    payload
}

fn fetch(id: u32, rows: u32) -> Vec<u8> {
    let mut payload = with_byte(0x1c, &id.to_le_bytes());
    payload.extend(rows.to_le_bytes());
    payload
}

/// Prepares a statement and opens its cursor.
fn open(pair: &mut Pair, id: u32, text: &str, definitions: Definitions) -> Got {
    let prepared = Reply::Prepared {
        id,
        parameters: 0,
        definitions: definitions.clone(),
    };
    assert_eq!(pair.prepare(text, prepared).prepared(), id);
    pair.target.replies.push_back(Reply::Cursor {
        definitions,
        warnings: 3,
    });
    pair.ask(&execute(id, 1), ReplyKind::Execute)
}

type Definitions = Vec<mysql_proto::response::column::ColumnDefinition<'static>>;

fn fetched(pair: &mut Pair, id: u32, rows: Vec<Vec<u8>>, last: bool) -> Got {
    pair.target.replies.push_back(Reply::Fetched { rows, last });
    pair.ask(&fetch(id, 2), ReplyKind::Fetch)
}

fn old_client() -> Login {
    Login {
        capabilities: CLIENT,
        ..Login::default()
    }
}

#[test]
fn fetched_rows_keep_the_masks_of_their_execute() {
    for cut in [Cut::Whole, Cut::Single, Cut::Seed(3)] {
        for login in [Login::default(), old_client()] {
            let mut pair = Pair::ready_with(Pair::new(), &login).cut(cut);
            let opened = open(&mut pair, 5, MASKED, definitions()).rows();
            assert_eq!((opened.definitions.len(), opened.rows.len()), (2, 0));
            assert_eq!(opened.warnings, 0, "not the target's");
            let got = fetched(&mut pair, 5, vec![row(1), row(2)], false).rows();
            assert_eq!(got.rows.len(), 2);
            // Something else in between.
            pair.query("SELECT id FROM shop.orders").ok();
            assert_eq!(
                fetched(&mut pair, 5, vec![row(3)], true).rows().rows.len(),
                1
            );
            assert!(!pair.shows(CANARY));
            assert_eq!(pair.unread(), b"");
            pair.ask(&fetch(5, 1), ReplyKind::Fetch)
                .is_failure(1421, "[POSTERN-CURSOR]");
        }
    }
}

#[test]
fn a_cursor_over_what_is_shown_in_clear_passes() {
    for login in [Login::default(), old_client()] {
        let mut pair = Pair::ready_with(Pair::new(), &login);
        let definitions = vec![typed_column("shop.orders", "id", ColumnType::Long)];
        open(&mut pair, 5, PLAIN, definitions).rows();
        let got = fetched(&mut pair, 5, ids(2), false).rows();
        assert_eq!(got.rows, ids(2));
        assert!(got.ended);
    }
}

#[test]
fn a_target_may_answer_without_the_cursor_that_was_asked_for() {
    for cut in [Cut::Whole, Cut::Single] {
        for login in [Login::default(), old_client()] {
            for rows in [vec![], vec![row(1), row(2)]] {
                let mut pair = Pair::ready_with(Pair::new(), &login).cut(cut);
                let prepared = Reply::Prepared {
                    id: 5,
                    parameters: 0,
                    definitions: definitions(),
                };
                pair.prepare(MASKED, prepared).prepared();
                let count = rows.len();
                pair.target
                    .replies
                    .push_back(Reply::rows(definitions(), rows));
                let got = pair.ask(&execute(5, 1), ReplyKind::Execute).rows();
                assert_eq!((got.rows.len(), got.ended), (count, true));
                assert!(!pair.shows(CANARY));
                pair.ask(&fetch(5, 1), ReplyKind::Fetch)
                    .is_failure(1421, "[POSTERN-CURSOR]");
            }
        }
    }
}

#[test]
fn an_error_instead_of_a_cursor_is_one_error() {
    for login in [Login::default(), old_client()] {
        let mut pair = Pair::ready_with(Pair::new(), &login);
        let prepared = Reply::Prepared {
            id: 5,
            parameters: 0,
            definitions: definitions(),
        };
        pair.prepare(MASKED, prepared).prepared();
        pair.target.replies.push_back(Reply::Err(1690, CANARY));
        pair.ask(&execute(5, 1), ReplyKind::Execute)
            .is_failure(1105, "[POSTERN-PROTECTED]");
        assert!(!pair.shows(CANARY));
        pair.query(PLAIN).ok();
    }
}

#[test]
fn a_cursor_that_nobody_asked_for_ends_the_session() {
    let mut pair = Pair::ready();
    let prepared = Reply::Prepared {
        id: 5,
        parameters: 0,
        definitions: definitions(),
    };
    pair.prepare(MASKED, prepared).prepared();
    pair.target.replies.push_back(Reply::Cursor {
        definitions: definitions(),
        warnings: 0,
    });
    pair.command(&execute(5, 0));
    assert!(pair.session.is_closed());
}

#[test]
fn only_queries_are_executed_with_a_cursor() {
    let mut pair = Pair::ready();
    for (id, text) in [
        (5, "DELETE FROM shop.orders WHERE id = 1"),
        (6, "EXPLAIN SELECT id FROM shop.orders"),
        (7, "SHOW TABLES FROM shop"),
    ] {
        let prepared = Reply::Prepared {
            id,
            parameters: 0,
            definitions: vec![],
        };
        pair.prepare(text, prepared).prepared();
        pair.ask(&execute(id, 1), ReplyKind::Execute);
        let sent = pair.commands_seen().last().unwrap().to_vec();
        assert_eq!(sent, execute(id, 0), "{text}");
    }
}

#[test]
fn a_fetch_is_recorded_before_it_is_sent() {
    let mut pair = Pair::ready();
    open(&mut pair, 5, MASKED, definitions()).rows();
    fetched(&mut pair, 5, vec![row(1)], false).rows();
    let written = pair.written();
    let Some(Written::Intent(intent)) = written.iter().rev().nth(1) else {
        panic!("{written:?}");
    };
    assert_eq!((&*intent.command, intent.prepared), ("stmt_fetch", Some(5)));
    assert_eq!(intent.masked.len(), 1);
    assert!(intent.statement.is_some());
    pair.fails_at = Some(pair.records + 1);
    let before = pair.commands_seen().len();
    pair.ask(&fetch(5, 1), ReplyKind::Fetch)
        .is_failure(1105, "[POSTERN-AUDIT]");
    assert_eq!(pair.commands_seen().len(), before);
}

#[test]
fn the_guard_role_is_taken_to_open_and_not_to_fetch() {
    let mut pair = Pair::guarded();
    open(&mut pair, 5, MASKED, definitions()).rows();
    let taken = |pair: &Pair| {
        let own = |seen: &&Seen| matches!(seen, Seen::Own(text) if text == "SET ROLE `guard`");
        pair.target.seen.iter().filter(own).count()
    };
    // Once for the PREPARE, once for the EXECUTE.
    assert_eq!(taken(&pair), 2);
    fetched(&mut pair, 5, vec![row(1)], true).rows();
    assert_eq!(taken(&pair), 2);
}

#[test]
fn rows_of_all_fetches_count_against_the_limit() {
    let mut pair = Pair::ready();
    let definitions = vec![typed_column("small.list", "id", ColumnType::Long)];
    open(&mut pair, 5, "SELECT id FROM small.list", definitions).rows();
    assert_eq!(fetched(&mut pair, 5, ids(2), false).rows().rows.len(), 2);
    let got = fetched(&mut pair, 5, ids(2), false).rows();
    assert_eq!((got.rows.len(), got.error), (1, Some(1226)));
    pair.ask(&fetch(5, 1), ReplyKind::Fetch)
        .is_failure(1421, "[POSTERN-CURSOR]");
}

#[test]
fn a_cursor_ends_with_its_statement() {
    let reset = |id: u32| with_byte(0x1a, &id.to_le_bytes());
    let mut pair = Pair::ready();
    open(&mut pair, 5, MASKED, definitions()).rows();
    pair.ask(&reset(5), ReplyKind::Ok).ok();
    pair.ask(&fetch(5, 1), ReplyKind::Fetch)
        .is_failure(1421, "[POSTERN-CURSOR]");
    open(&mut pair, 6, MASKED, definitions()).rows();
    pair.command(&with_byte(0x19, &6_u32.to_le_bytes()));
    pair.ask(&fetch(6, 1), ReplyKind::Fetch)
        .is_failure(1243, "[POSTERN-STATEMENT]");
    open(&mut pair, 7, MASKED, definitions()).rows();
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    pair.ask(&fetch(7, 1), ReplyKind::Fetch)
        .is_failure(1243, "[POSTERN-STATEMENT]");
}

#[test]
fn an_execute_opens_a_cursor_anew() {
    let mut pair = Pair::ready();
    open(&mut pair, 5, MASKED, definitions()).rows();
    fetched(&mut pair, 5, vec![row(1)], false).rows();
    pair.target.replies.push_back(Reply::Cursor {
        definitions: definitions(),
        warnings: 0,
    });
    pair.ask(&execute(5, 1), ReplyKind::Execute).rows();
    fetched(&mut pair, 5, vec![row(1)], false).rows();
    // One that fails leaves none.
    pair.target.replies.push_back(Reply::Err(1317, "killed"));
    pair.ask(&execute(5, 1), ReplyKind::Execute)
        .is_failure(1317, "[POSTERN-PROTECTED]");
    pair.ask(&fetch(5, 1), ReplyKind::Fetch)
        .is_failure(1421, "[POSTERN-CURSOR]");
    assert!(!pair.shows(CANARY));
}

#[test]
fn each_statement_has_its_own_cursor() {
    let mut pair = Pair::ready();
    open(&mut pair, 5, MASKED, definitions()).rows();
    let clear = vec![typed_column("shop.orders", "id", ColumnType::Long)];
    open(&mut pair, 6, PLAIN, clear).rows();
    fetched(&mut pair, 5, vec![row(1)], false).rows();
    assert_eq!(fetched(&mut pair, 6, ids(1), false).rows().rows, ids(1));
    fetched(&mut pair, 5, vec![row(2)], true).rows();
    pair.ask(&fetch(77, 1), ReplyKind::Fetch)
        .is_failure(1243, "[POSTERN-STATEMENT]");
    assert!(!pair.shows(CANARY));
}

#[test]
fn mysql_does_not_go_back_from_a_cursor() {
    let mut pair = Pair::ready();
    open(&mut pair, 5, PLAIN, vec![column("shop.orders", "id")]).rows();
    let before = pair.commands_seen().len();
    pair.ask(&execute(5, 0), ReplyKind::Execute)
        .is_failure(1243, "[POSTERN-STATEMENT]");
    assert_eq!(pair.commands_seen().len(), before);
    let mut pair = Pair::mariadb();
    open(&mut pair, 5, PLAIN, vec![column("shop.orders", "id")]).rows();
    pair.ask(&execute(5, 0), ReplyKind::Execute).ok();
}

/// Opens a cursor, lets something happen, and fetches: nothing may be sent.
fn stale(happens: impl Fn(&mut Pair), code: u16, token: &str) {
    let mut pair = Pair::ready();
    open(&mut pair, 5, MASKED, definitions()).rows();
    happens(&mut pair);
    let before = pair.commands_seen().len();
    pair.ask(&fetch(5, 1), ReplyKind::Fetch)
        .is_failure(code, token);
    assert_eq!(pair.commands_seen().len(), before);
}

#[test]
fn nothing_is_fetched_under_masks_that_may_be_stale() {
    stale(
        |pair| {
            let other = Policy {
                set: pair.policy.set.clone(),
                masks: pair.policy.masks.clone(),
                roots: pair.policy.roots.clone(),
                approvers: pair.policy.approvers.clone(),
            };
            pair.policy = Arc::new(other);
        },
        1421,
        "[POSTERN-CURSOR]",
    );
    for set in ["SET NAMES latin1", "SET character_set_results = latin1"] {
        stale(
            |pair| {
                let reply = Reply::Sets {
                    variable: "character_set_results",
                    value: "latin1",
                };
                pair.query_with(set, reply).ok();
            },
            1421,
            "[POSTERN-CURSOR]",
        );
    }
    stale(
        |pair| {
            let mut catalog = world::catalog("9.7.4");
            catalog.version = 2;
            catalog
                .tables
                .remove(&TableId::new("shop".into(), "customers".into()));
            pair.catalog = world::shared(catalog);
        },
        1146,
        "[POSTERN-UNKNOWN-NAME]",
    );
}

#[test]
fn a_catalog_in_which_the_statement_means_the_same_serves_the_cursor() {
    let mut pair = Pair::ready();
    open(&mut pair, 5, MASKED, definitions()).rows();
    let mut catalog = world::catalog("9.7.4");
    catalog.version = 2;
    pair.catalog = world::shared(catalog);
    fetched(&mut pair, 5, vec![row(1)], false).rows();
    assert!(!pair.shows(CANARY));
}

#[test]
fn so_many_cursors_and_no_more() {
    let mut config = world::config(None);
    config.limits.prepared_statements_max = 40;
    let mut pair = Pair::ready_with(Pair::over("9.7.4", config), &Login::default());
    let clear = || vec![typed_column("shop.orders", "id", ColumnType::Long)];
    for id in 1..=16 {
        open(&mut pair, id, PLAIN, clear()).rows();
    }
    open(&mut pair, 17, PLAIN, clear()).is_failure(1461, "[POSTERN-LIMIT]");
    pair.target.replies.clear();
    fetched(&mut pair, 1, ids(1), true).rows();
    pair.target.replies.push_back(Reply::Cursor {
        definitions: clear(),
        warnings: 0,
    });
    pair.ask(&execute(17, 1), ReplyKind::Execute).rows();
}

#[test]
fn the_status_of_a_cursor_is_not_that_of_the_session() {
    let mut pair = Pair::ready();
    open(&mut pair, 5, MASKED, definitions()).rows();
    pair.query("SHOW WARNINGS");
    pair.command(&with_byte(0x16, b"DROP TABLE small.list"));
    let id = pair.answer(ReplyKind::Prepare).prepared();
    let ok = pair
        .ask(&with_byte(0x1a, &id.to_le_bytes()), ReplyKind::Ok)
        .ok();
    assert!(!ok.status.contains(StatusFlags::CURSOR_EXISTS));
}
