//! What passes only where the policy protects nothing, or where a rule names the kind that shows it.

mod common;

use std::collections::BTreeSet;

use common::SERVERS;
use policy_core::decide::Bound;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::decide;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::principal::Principal;
use policy_core::read::read;

/// A class of its own names no kind.
const CLASSES: &str = "\"read\", \"write\", \"schema\", \"session\"";
const PROTECT: &str = "[[protect]]\nname = \"p\"\ncolumns = [\"app.users.ssn\"]\n";
const MARIADB: &str = SERVERS[1];

#[expect(
    clippy::unwrap_used,
    reason = "a mistake in a policy of the test fails the test"
)]
fn is_allowed(version: &str, statements: &str, more: &str, text: &str) -> bool {
    let policy = format!(
        "version = 1\n[[role]]\nname = \"r\"\ngroups = [\"g\"]\ntargets = [\"t\"]\ndatabase_user = \"u\"\n\
         [[role.rule]]\nname = \"all\"\neffect = \"allow\"\nstatements = [{statements}]\non = [\"*.*\"]\n{more}"
    );
    let policy = PolicySet::compile("p.toml", &policy, Known::default()).unwrap();
    let principal = Principal {
        groups: BTreeSet::from(["g".to_owned()]),
        ..Principal::default()
    };
    let (session, catalog) = (common::session(version), common::catalog(version));
    let read = read(text.as_bytes(), &session, &catalog, &ReadLimits::default());
    let Some(statement) = read.ok().and_then(|mut all| all.pop()) else {
        return false;
    };
    let role = policy.role_for(&principal, "t", None).unwrap();
    let request = Request {
        principal: &principal,
        role: &role,
        target: "t",
        statement: &statement,
        text: text.as_bytes(),
        alone: true,
        parameters: &[],
        bound: Bound::Unknown,
        session: &session,
        catalog: &catalog,
        diagnostics: Diagnostics::Clean,
        approval: None,
    };
    matches!(decide(&policy, &request), Decision::Allow(_))
}

#[test]
fn variables_by_which_rows_are_found_are_set_only_where_nothing_is_protected() {
    for version in SERVERS {
        for text in [
            "SET optimizer_switch = 'mrr=on'",
            "SET SESSION join_buffer_size = 256 * 1024",
            "SET @@optimizer_switch = @saved",
            "SET optimizer_switch = @@global.optimizer_switch",
            "SET @@session.sort_buffer_size = DEFAULT",
            "SET optimizer_switch = IFNULL(@saved, 'semijoin=on'), max_sort_length = 8",
            "SET time_zone = CONCAT('+03', ':00')",
            "SET group_concat_max_len = 2 * 1024",
        ] {
            assert!(
                is_allowed(version, CLASSES, "", text),
                "{text} on {version}"
            );
            assert!(
                !is_allowed(version, CLASSES, PROTECT, text),
                "{text} on {version}"
            );
        }
        for text in [
            "SET optimizer_switch =",
            "SET GLOBAL optimizer_switch = 'mrr=on'",
            "SET PERSIST sort_buffer_size = 1",
            "SET sql_log_bin = 0",
            "SET session_track_schema = 0",
            "SET optimizer_switch.x = 1",
            "SET optimizer_switch = (SELECT a FROM app.nothing)",
            "SET sql_mode = CONCAT('ANSI', '_QUOTES', @x)",
            "SET character_set_client = CONCAT('g', 'bk')",
            "SET collation_connection = CONCAT('ucs2', '_bin')",
            "SET default_storage_engine = CONCAT('fede', 'rated')",
        ] {
            assert!(
                !is_allowed(version, CLASSES, "", text),
                "{text} on {version}"
            );
        }
    }
}

#[test]
fn variables_that_make_rows_look_older_need_a_rule_that_names_set_as_well() {
    let named = format!("{CLASSES}, \"set\"");
    for text in [
        "SET timestamp = 1000000000",
        "SET insert_id = 7",
        "SET timestamp = DEFAULT",
    ] {
        for version in SERVERS {
            assert!(is_allowed(version, &named, "", text), "{text}");
            assert!(!is_allowed(version, CLASSES, "", text), "{text}");
            assert!(!is_allowed(version, &named, PROTECT, text), "{text}");
        }
    }
}

#[test]
fn seconds_may_have_parts() {
    let text = "SET STATEMENT max_statement_time = 0.001 FOR SELECT id FROM orders";
    assert!(is_allowed(MARIADB, CLASSES, PROTECT, text));
    let text = "SET STATEMENT lock_wait_timeout = 0.5 FOR SELECT id FROM orders";
    assert!(!is_allowed(MARIADB, CLASSES, PROTECT, text));
}

#[test]
fn a_literal_in_a_set_that_a_server_may_lack_passes_where_nothing_is_protected() {
    for version in SERVERS {
        let text = "SELECT HEX(_gb2312 'abc')";
        assert!(is_allowed(version, CLASSES, "", text), "{version}");
        assert!(!is_allowed(version, CLASSES, PROTECT, text), "{version}");
    }
}

#[test]
fn a_plan_that_runs_its_statement_passes_for_reading_alone() {
    for text in [
        "ANALYZE SELECT id FROM orders",
        "ANALYZE FORMAT=JSON SELECT id FROM orders",
    ] {
        assert!(is_allowed(MARIADB, CLASSES, "", text), "{text}");
        assert!(!is_allowed(MARIADB, CLASSES, PROTECT, text), "{text}");
        assert!(!is_allowed(MARIADB, "\"write\"", "", text), "{text}");
    }
    for version in SERVERS {
        let text = "EXPLAIN ANALYZE SELECT id FROM orders";
        assert!(is_allowed(version, CLASSES, "", text));
        assert!(!is_allowed(version, CLASSES, PROTECT, text));
    }
    for text in [
        "ANALYZE UPDATE orders SET note = 'x' WHERE id = 1",
        "ANALYZE DELETE FROM orders WHERE id = 1",
        "ANALYZE INSERT INTO orders (id) VALUES (1)",
    ] {
        assert!(!is_allowed(MARIADB, CLASSES, "", text), "{text}");
    }
    let text = "EXPLAIN FORMAT=JSON INTO @plan SELECT id FROM orders";
    assert!(is_allowed(SERVERS[0], CLASSES, "", text));
    assert!(!is_allowed(SERVERS[0], CLASSES, PROTECT, text));
    for text in ["EXPLAIN FOR CONNECTION 7", "EXPLAIN INTO plan SELECT 1"] {
        assert!(!is_allowed(SERVERS[0], CLASSES, "", text), "{text}");
    }
}

#[test]
fn a_rule_that_names_show_variables_reads_every_variable() {
    let named = format!("{CLASSES}, \"show variables\"");
    for version in SERVERS {
        for text in [
            "SELECT @@server_id",
            "SELECT id FROM orders WHERE id = @@hostname",
            "SHOW VARIABLES LIKE 'datadir'",
        ] {
            assert!(is_allowed(version, &named, PROTECT, text), "{text}");
            assert!(!is_allowed(version, CLASSES, "", text), "{text}");
        }
        // How many warnings conversions made.
        let text = "SELECT id FROM orders WHERE id = @@warning_count";
        assert!(!is_allowed(version, &named, "", text));
    }
}

#[test]
fn a_rule_that_names_show_status_shows_every_counter() {
    let named = format!("{CLASSES}, \"show status\"");
    for version in SERVERS {
        for text in [
            "SHOW STATUS LIKE 'Com_backup'",
            "SHOW STATUS LIKE 'key_read%'",
        ] {
            assert!(is_allowed(version, &named, PROTECT, text), "{text}");
            assert!(!is_allowed(version, CLASSES, "", text), "{text}");
        }
    }
}

#[test]
fn tables_of_numbers_are_read_where_their_schema_may_be() {
    for text in [
        "SELECT seq FROM seq_1_to_10",
        "SELECT o.id, n.* FROM orders o JOIN app.seq_1_to_10_step_3 n ON n.seq = o.id",
        "INSERT INTO orders (id) SELECT seq FROM seq_5_to_1",
    ] {
        assert!(is_allowed(MARIADB, CLASSES, PROTECT, text), "{text}");
        assert!(!is_allowed(SERVERS[0], CLASSES, PROTECT, text), "{text}");
    }
    for text in [
        "SELECT id FROM seq_1_to_10",
        "SELECT seq FROM seq_1_to_x",
        "INSERT INTO seq_1_to_10 VALUES (1)",
        "UPDATE seq_1_to_10 SET seq = 1 WHERE seq = 2",
        "DELETE FROM seq_1_to_10 WHERE seq = 2",
        "SELECT seq FROM mysql.seq_1_to_10",
    ] {
        assert!(!is_allowed(MARIADB, CLASSES, "", text), "{text}");
    }
}

#[test]
fn a_table_that_may_be_there_is_made_of_a_query_where_nothing_is_protected() {
    let text = "CREATE TABLE IF NOT EXISTS orders SELECT id FROM stats";
    for version in SERVERS {
        assert!(is_allowed(version, CLASSES, "", text));
        assert!(!is_allowed(version, CLASSES, PROTECT, text));
    }
}
