//! `postern policy test` as scripts use it: exit codes, diffs, mistakes with their places.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;

use serde_json::Value;

const POLICY: &str = include_str!("../../examples/policies/analytics.toml");
const CATALOG: &str = include_str!("../../examples/catalog/shop.toml");
const HEAD: &str = "policy = \"../policy.toml\"\ncatalog = \"../catalog.toml\"\n";
const GOOD: &str = r#"
[[case]]
name = "orders can be read"
principal = { groups = ["agents-analytics"] }
sql = "SELECT id FROM shop.orders"
expect = "allow"
"#;
const FAILING: &str = r#"
[[case]]
name = "addresses are open"
role = "analytics"
sql = "SELECT email FROM shop.customers"
expect = "allow"
shown = ["clear"]
"#;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
    fs::write(folder.path().join("catalog.toml"), CATALOG).unwrap();
    fs::create_dir(folder.path().join("cases")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join("cases").join(name), text).unwrap();
    }
    folder
}

fn test(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_postern"))
        .args(["policy", "test"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_examples_pass() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = test(&repository, &["examples/cases"]);
    assert_eq!(code(&output), 0, "{}{}", printed(&output), errors(&output));
    assert!(printed(&output).contains(" 0 failed in "));
}

#[test]
fn the_help_teaches_with_a_file_that_passes() {
    let folder = folder(&[]);
    let output = test(folder.path(), &["--help"]);
    let help = printed(&output);
    let example = help.split("relative to this file").nth(1).unwrap();
    let example = example.split("Then:").next().unwrap();
    let cases = example.split_once("[[case]]").unwrap().1;
    fs::write(
        folder.path().join("cases/help.toml"),
        format!("{HEAD}[[case]]{cases}"),
    )
    .unwrap();
    let output = test(folder.path(), &["cases"]);
    assert_eq!(code(&output), 0, "{}{}", printed(&output), errors(&output));
}

#[test]
fn a_failing_case_is_shown_as_a_diff() {
    let folder = folder(&[("a.toml", &format!("{HEAD}{GOOD}{FAILING}"))]);
    let output = test(folder.path(), &["cases/a.toml"]);
    assert_eq!(code(&output), 1);
    let text = printed(&output);
    for line in [
        "FAIL cases/a.toml:11: addresses are open",
        "    sql            SELECT email FROM shop.customers",
        "  - shown          clear",
        "  + shown          mask contact",
        "FAIL cases/a.toml: 1 of 2 failed",
        "1 passed, 1 failed in 1 file(s)",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
}

#[test]
fn json_tells_the_same() {
    let folder = folder(&[
        ("a.toml", &format!("{HEAD}{GOOD}{FAILING}")),
        ("b.toml", "[[case]]\n"),
    ]);
    let output = test(folder.path(), &["--json", "cases"]);
    assert_eq!(code(&output), 2);
    let report: Value = serde_json::from_str(&printed(&output)).unwrap();
    assert_eq!(report["passed"], 1);
    assert_eq!(report["failed"], 1);
    let failed = &report["files"][0]["cases"][1];
    assert_eq!(failed["differences"][0]["got"], "mask contact");
    assert_eq!(report["files"][0]["cases"][0]["passed"], true);
    assert!(
        report["mistakes"][0]
            .as_str()
            .unwrap()
            .starts_with("cases/b.toml:1:1: ")
    );
}

/// What makes a file broken, and the line that says so.
fn check_broken(text: &[u8], expected: &str) {
    let folder = folder(&[("good.toml", &format!("{HEAD}{GOOD}"))]);
    fs::write(folder.path().join("cases/x.toml"), text).unwrap();
    let output = test(folder.path(), &["cases"]);
    let told = errors(&output);
    assert_eq!(code(&output), 2, "{told}");
    assert!(
        told.lines().any(|line| line.starts_with(expected)),
        "{told}"
    );
    // The other files run all the same.
    assert!(printed(&output).contains("ok   cases/good.toml: 1 passed"));
}

#[test]
fn a_broken_file_is_told_with_its_place() {
    check_broken(b"", "cases/x.toml:1:1: there is no case in the file");
    check_broken(b"\xff", "cases/x.toml:1:1: the file is not UTF-8");
    check_broken(b"[[case", "cases/x.toml:1:");
    check_broken(b"[case]\nname = 'x'\n", "cases/x.toml:1:1: write `[[");
    let twice = format!("{HEAD}{GOOD}{GOOD}");
    check_broken(
        twice.as_bytes(),
        "cases/x.toml:11:8: there is a case of the name `orders can be read` in line 5 already",
    );
    let unknown = format!("{HEAD}{GOOD}rules = \"x\"\n");
    check_broken(
        unknown.as_bytes(),
        "cases/x.toml:9:1: unknown key `rules`; did you mean `rule`?",
    );
    check_broken(GOOD.as_bytes(), "cases/x.toml:1:1: which policy?");
    check_broken(
        format!("policy = \"../nowhere.toml\"\n{GOOD}").as_bytes(),
        "cases/x.toml:1:10: there is no policy `nowhere.toml`",
    );
    check_broken(
        format!("policy = \"../policy.toml\"\ncatalog = \"../policy.toml\"\n{GOOD}").as_bytes(),
        "policy.toml:3:1: unknown key `version`",
    );
    check_broken(
        format!("policy = \"../catalog.toml\"\ncatalog = \"../catalog.toml\"\n{GOOD}").as_bytes(),
        "catalog.toml:",
    );
}

#[test]
fn what_is_not_there_is_broken_input() {
    let folder = folder(&[]);
    assert_eq!(code(&test(folder.path(), &[])), 2);
    for path in ["nowhere.toml", "cases"] {
        let output = test(folder.path(), &[path]);
        assert_eq!(code(&output), 2);
        assert!(
            errors(&output).starts_with(&format!("{path}:1:1: ")),
            "{}",
            errors(&output)
        );
    }
    let output = test(folder.path(), &["--policy", "nowhere.toml", "cases"]);
    assert_eq!(code(&output), 2);
    assert!(errors(&output).starts_with("nowhere.toml:1:1: "));
}

#[test]
fn a_file_that_is_named_twice_runs_once() {
    let folder = folder(&[("a.toml", &format!("{HEAD}{GOOD}"))]);
    let output = test(folder.path(), &["cases/a.toml", "cases", "./cases/a.toml"]);
    assert_eq!(code(&output), 0);
    assert!(printed(&output).ends_with("1 passed, 0 failed in 1 file(s)\n"));
    assert!(errors(&output).contains("named twice, run once"));
}

#[test]
fn another_policy_can_be_tested_against_the_same_cases() {
    let folder = folder(&[("a.toml", &format!("{HEAD}{GOOD}"))]);
    let other = POLICY.replace("on = [\"shop.*\"]", "on = [\"shop.customers\"]");
    fs::write(folder.path().join("new.toml"), other).unwrap();
    let output = test(folder.path(), &["--policy", "new.toml", "cases"]);
    assert_eq!(code(&output), 1, "{}{}", printed(&output), errors(&output));
    assert!(printed(&output).contains("+ expect         deny"));
}
