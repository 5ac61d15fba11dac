//! The program as scripts use it: its exit codes, and what it says on which stream.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;

/// Runs the program in a folder.
fn postern(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

const POLICY: &str = include_str!("../src/demo/files/policy.toml");

const CATALOG: &str = r#"
server = "10.11.6-MariaDB"
[[table]]
name = "shop.customers"
columns = ["id int", "name varchar", "email varchar"]
primary_key = ["id"]
"#;

#[test]
fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["check", "--help"],
        &["policy", "check", "--help"],
        &["policy", "explain", "--help"],
        &["policy", "grants", "--help"],
        &["policy", "test", "--help"],
        &["policy", "kinds", "--help"],
        &["approvals", "approve", "--help"],
        &["audit", "verify", "--help"],
        &["demo", "--help"],
        &["token", "--help"],
    ] {
        let output = postern(folder.path(), arguments);
        assert_eq!(code(&output), 0, "{arguments:?}");
        assert!(printed(&output).contains("postern"), "{arguments:?}");
    }
}

#[test]
fn a_command_that_does_not_exist_is_broken_input() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&postern(folder.path(), &["frobnicate"])), 2);
    assert_eq!(code(&postern(folder.path(), &[])), 2);
}

#[test]
fn a_configuration_that_is_not_there_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["run"][..], &["check"], &["policy", "grants"]] {
        let output = postern(folder.path(), command);
        assert_eq!(code(&output), 2, "{command:?}");
        let errors = errors(&output);
        assert!(errors.starts_with("postern.toml:1:1: "), "{errors}");
        assert_eq!(printed(&output), "", "{command:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn every_mistake_is_told_where_editors_look_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "version = 3\nstate_dir = 4\npolicies = \"x\"\n[limits]\nidle_seconds = -1\n";
    fs::write(folder.path().join("postern.toml"), text).unwrap();
    let output = postern(folder.path(), &["run"]);
    assert_eq!(code(&output), 2);
    let errors = errors(&output);
    for place in ["1:11", "2:13", "3:1", "5:16"] {
        let place = format!("postern.toml:{place}: ");
        assert!(errors.contains(&place), "{place} is missing in\n{errors}");
    }
    assert!(!folder.path().join("state").exists());
}

#[test]
fn explain_answers_with_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    fs::write(folder.path().join("catalog.toml"), CATALOG).unwrap();
    let explain = |sql: &str| {
        let mut arguments = vec!["policy", "explain", "--role", "analytics"];
        arguments.extend(["--policy", "policy.toml", "--catalog", "catalog.toml"]);
        arguments.extend(["--database", "shop", "--sql", sql]);
        postern(folder.path(), &arguments)
    };
    let allowed = explain("SELECT name, email FROM customers");
    assert_eq!(code(&allowed), 0, "{}", errors(&allowed));
    let text = printed(&allowed);
    assert!(
        text.contains("allow by `read-shop` (policy.toml:9)"),
        "{text}"
    );
    assert!(text.contains("mask email"), "{text}");
    for refused in [
        "SELECT name FROM customers WHERE email = 'x'",
        "DROP DATABASE shop",
        "CREATE TABLE t (a INT)",
        "SELECT nothing FROM nowhere",
        "not a statement",
    ] {
        assert_eq!(code(&explain(refused)), 1, "{refused}");
    }
}

#[test]
fn explain_reads_its_statement_from_the_input() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    fs::write(folder.path().join("catalog.toml"), CATALOG).unwrap();
    fs::write(
        folder.path().join("q.sql"),
        "-- a question\nSELECT id FROM shop.customers",
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(["policy", "explain", "--role", "analytics"])
        .args([
            "--policy",
            "policy.toml",
            "--catalog",
            "catalog.toml",
            "--json",
        ])
        .stdin(fs::File::open(folder.path().join("q.sql")).unwrap())
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let explained: serde_json::Value = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(explained["format"], 1);
    assert_eq!(
        explained["facts"]["accesses"][0]["object"],
        "shop.customers"
    );
    assert_eq!(explained["shown"][0], "clear");
}

#[test]
fn keys_are_made_once_and_printed_by_their_public_half_only() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["audit", "approvals"] {
        let arguments = [command, "keygen", "--out", command];
        let output = postern(folder.path(), &arguments);
        assert_eq!(code(&output), 0, "{}", errors(&output));
        let secret = fs::read_to_string(folder.path().join(command)).unwrap();
        assert!(!printed(&output).contains(secret.trim()));
        assert_eq!(code(&postern(folder.path(), &arguments)), 2);
    }
}

#[test]
fn a_log_that_is_not_there_cannot_be_verified() {
    let folder = tempfile::tempdir().unwrap();
    let output = postern(folder.path(), &["audit", "verify", "--directory", "audit"]);
    assert_eq!(code(&output), 2);
    assert!(!folder.path().join("audit").exists());
}
