//! Results of procedures: nobody has read them, so they are shown only where a rule answers for them.

use std::sync::Arc;

use audit_log::Event as Written;
use mysql_proto::exchange::ReplyKind;
use mysql_proto::flags::Capabilities;
use mysql_proto::response::column::ColumnDefinition;

use crate::pair::CLIENT;
use crate::pair::Cut;
use crate::pair::Did;
use crate::pair::Got;
use crate::pair::Login;
use crate::pair::Pair;
use crate::pair::with_byte;
use crate::target::Reply;
use crate::target::Seen;
use crate::target::column;
use crate::target::row;
use crate::world;
use crate::world::CANARY;

type Set = (Vec<ColumnDefinition<'static>>, Vec<Vec<u8>>);

fn names(count: usize) -> Set {
    let definitions = vec![column("shop.customers", "name")];
    (definitions, vec![row(&[Some("Ada")]); count])
}

fn secrets() -> Set {
    let definitions = vec![column("shop.customers", "email"), column("", "x")];
    (definitions, vec![row(&[Some(CANARY), Some("y")]); 2])
}

fn several(results: Vec<Set>) -> Reply {
    Reply::Several {
        results,
        end: Box::new(Reply::ok()),
    }
}

fn call(pair: &mut Pair, text: &str, reply: Reply) -> Vec<Got> {
    pair.target.replies.push_back(reply);
    pair.query_all(text)
}

#[test]
fn results_that_a_rule_answers_for_are_shown() {
    for cut in [Cut::Whole, Cut::Single, Cut::Seed(9)] {
        for capabilities in [CLIENT, CLIENT | Capabilities::DEPRECATE_EOF] {
            let login = Login {
                capabilities,
                ..Login::default()
            };
            let mut pair = Pair::ready_with(Pair::new(), &login).cut(cut);
            let reply = several(vec![names(2), names(0), names(3)]);
            let got = call(&mut pair, "CALL shop.report()", reply);
            let counts: Vec<usize> = got
                .iter()
                .filter_map(|got| match got {
                    Got::Rows(rows) => Some(rows.rows.len()),
                    _ => None,
                })
                .collect();
            assert_eq!(counts, [2, 0, 3]);
            assert!(matches!(got.last(), Some(Got::Ok(_))), "{got:?}");
            assert_eq!(pair.unread(), b"");
            pair.query("SELECT id FROM shop.orders").ok();
        }
    }
}

#[test]
fn what_the_target_calls_protected_is_redacted_whoever_answers_for_it() {
    for cut in [Cut::Whole, Cut::Single] {
        let mut pair = Pair::ready().cut(cut);
        let reply = several(vec![names(1), secrets(), names(1)]);
        let got = call(&mut pair, "CALL shop.report()", reply);
        assert_eq!(got.len(), 4, "{got:?}");
        assert!(!pair.shows(CANARY));
        let Got::Rows(masked) = &got[1] else {
            panic!("{got:?}");
        };
        assert!(masked.rows.iter().all(|row| row.ends_with(b"\x01y")));
    }
}

#[test]
fn results_that_nobody_answers_for_are_not_shown() {
    for cut in [Cut::Whole, Cut::Single, Cut::Seed(2)] {
        let mut pair = Pair::ready().cut(cut);
        let reply = several(vec![names(2), secrets()]);
        let got = call(&mut pair, "CALL shop.refresh()", reply);
        assert_eq!(got.len(), 1, "{got:?}");
        got[0].is_failure(1105, "[POSTERN-RESULTS]");
        assert!(!pair.shows("Ada") && !pair.shows(CANARY));
        assert_eq!(pair.killed(), 0, "it runs to its end");
        let outcome = pair.written().into_iter().find_map(|event| match event {
            Written::Outcome(outcome) => Some(outcome.clone()),
            _ => None,
        });
        assert_eq!(outcome.map(|outcome| outcome.rows), Some(0));
        pair.query("SELECT id FROM shop.orders").ok();
    }
}

#[test]
fn a_call_without_results_is_an_ok() {
    let mut pair = Pair::ready();
    let reply = Reply::Ok {
        warnings: 4,
        info: "told",
    };
    let got = call(&mut pair, "CALL shop.refresh()", reply);
    let [Got::Ok(ok)] = got.as_slice() else {
        panic!("{got:?}");
    };
    assert_eq!((ok.warnings, ok.info), (0, &b""[..]));
}

#[test]
fn an_error_after_the_first_result_tells_nothing() {
    for (text, shown) in [("CALL shop.report()", 2), ("CALL shop.refresh()", 1)] {
        let mut pair = Pair::ready();
        let reply = Reply::Several {
            results: vec![names(1)],
            end: Box::new(Reply::Err(1644, CANARY)),
        };
        let got = call(&mut pair, text, reply);
        assert_eq!(got.len(), shown, "{got:?}");
        got[shown - 1].failure();
        assert!(!pair.shows(CANARY));
    }
}

#[test]
fn rows_of_all_results_count_against_the_limit() {
    let mut pair = Pair::ready();
    let reply = several(vec![names(3), names(3), names(1)]);
    let got = call(&mut pair, "CALL shop.report()", reply);
    let Some(Got::Rows(last)) = got.last() else {
        panic!("{got:?}");
    };
    assert_eq!((last.rows.len(), last.error), (2, Some(1226)));
    assert_eq!(pair.killed(), 1);
}

#[test]
fn a_client_that_takes_one_result_gets_none() {
    let login = Login {
        capabilities: CLIENT - Capabilities::MULTI_RESULTS,
        ..Login::default()
    };
    let mut pair = Pair::ready_with(Pair::new(), &login);
    let got = call(&mut pair, "CALL shop.report()", several(vec![names(1)]));
    got[0].is_failure(1312, "[POSTERN-RESULTS]");
}

#[test]
fn only_a_procedure_gives_several_results() {
    let mut pair = Pair::ready();
    pair.target.replies.push_back(several(vec![names(1)]));
    pair.command(&with_byte(3, b"SELECT name FROM shop.customers"));
    assert!(pair.session.is_closed());
}

#[test]
fn the_state_is_read_back_before_what_follows_a_call() {
    let mut pair = Pair::ready();
    call(&mut pair, "CALL shop.report()", several(vec![names(1)]));
    let own: Vec<&str> = pair
        .target
        .seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Own(text) => text.get(..12),
            Seen::Command(_) => None,
        })
        .collect();
    assert_eq!(own, ["SELECT @@sql", "SET SESSION "]);
    assert!(pair.did.contains(&Did::SchemaChanged));
}

#[test]
fn a_call_stands_last_in_a_text_of_several() {
    let login = Login {
        capabilities: CLIENT | Capabilities::DEPRECATE_EOF | Capabilities::MULTI_STATEMENTS,
        ..Login::default()
    };
    let mut pair = Pair::ready_with(Pair::new(), &login);
    let got = pair.query_all("CALL shop.report(); SELECT 1");
    got[0].failure();
    assert!(pair.commands_seen().is_empty());
    pair.target
        .replies
        .push_back(Reply::rows(vec![column("", "1")], vec![row(&[Some("1")])]));
    pair.target.replies.push_back(several(vec![names(1)]));
    let got = pair.query_all("SELECT 1; CALL shop.report()");
    assert_eq!(got.len(), 3, "{got:?}");
}

fn check_no_name_is_trusted(pair: &mut Pair) {
    pair.query("SELECT id FROM shop.orders").failure();
    pair.query("SELECT @v").failure();
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn a_call_that_may_leave_something_leaves_no_name_trusted() {
    for name in ["leaves", "LEAVES", "`Leaves`"] {
        for reply in [Reply::ok(), Reply::Err(1644, "no")] {
            let mut pair = Pair::ready();
            call(&mut pair, &format!("CALL shop.{name}()"), reply);
            check_no_name_is_trusted(&mut pair);
        }
    }
}

#[test]
fn a_call_that_may_leave_values_leaves_no_name_trusted_where_anything_is_protected() {
    for reply in [Reply::ok(), Reply::Err(1644, "no")] {
        let mut pair = Pair::ready();
        call(&mut pair, "CALL shop.sets()", reply);
        check_no_name_is_trusted(&mut pair);
    }
}

fn unprotected() -> Pair {
    let mut pair = Pair::ready();
    pair.policy = world::unprotected();
    pair
}

#[test]
fn a_call_that_may_leave_values_keeps_names_trusted_where_nothing_is_protected() {
    for reply in [Reply::ok(), Reply::Err(1644, "no")] {
        let mut pair = unprotected();
        call(&mut pair, "CALL shop.sets()", reply);
        pair.query("SELECT id FROM shop.orders").ok();
        pair.query("SELECT @v").ok();
    }
}

#[test]
fn a_call_that_may_leave_names_leaves_none_trusted_where_nothing_is_protected() {
    let mut pair = unprotected();
    call(&mut pair, "CALL shop.leaves()", Reply::ok());
    pair.query("SELECT id FROM shop.orders").failure();
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn a_call_that_may_leave_values_may_have_dropped_a_temporary_table() {
    let mut pair = unprotected();
    pair.target.shape = vec![("n", "int")];
    pair.query("CREATE TEMPORARY TABLE shop.tmp_a (n int)").ok();
    call(&mut pair, "CALL shop.sets()", Reply::ok());
    pair.query("SELECT id FROM shop.orders").failure();
}

#[test]
fn a_policy_that_protects_trusts_no_name_after_a_call_under_another() {
    let mut pair = unprotected();
    call(&mut pair, "CALL shop.sets()", Reply::ok());
    pair.policy = Arc::clone(world::policy());
    check_no_name_is_trusted(&mut pair);
}

#[test]
fn a_reset_forgets_the_values_that_a_call_may_have_left() {
    let mut pair = unprotected();
    call(&mut pair, "CALL shop.sets()", Reply::ok());
    pair.ask(&[0x1f], ReplyKind::Ok).ok();
    pair.policy = Arc::clone(world::policy());
    pair.query("SELECT id FROM shop.orders").ok();
}

#[test]
fn a_failed_call_that_can_leave_nothing_keeps_names_trusted() {
    for name in ["report", "REPORT"] {
        let mut pair = Pair::ready();
        let text = format!("CALL shop.{name}()");
        call(&mut pair, &text, Reply::Err(1644, "no"));
        pair.query("SELECT id FROM shop.orders").ok();
    }
}

#[test]
fn a_call_of_what_nobody_has_read_leaves_no_name_trusted() {
    let mut pair = Pair::ready();
    let mut catalog = pair.catalog.as_deref().cloned().unwrap();
    catalog.routines.clear();
    pair.catalog = world::shared(catalog);
    call(&mut pair, "CALL shop.report()", Reply::ok());
    check_no_name_is_trusted(&mut pair);
}

#[test]
fn a_failed_call_may_have_dropped_a_temporary_table() {
    let mut pair = Pair::ready();
    pair.target.shape = vec![("n", "int")];
    pair.query("CREATE TEMPORARY TABLE shop.tmp_a (n int)").ok();
    call(&mut pair, "CALL shop.report()", Reply::Err(1644, "no"));
    check_no_name_is_trusted(&mut pair);
}
