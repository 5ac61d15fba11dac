//! Files of cases: the examples hold, mistakes are told with their places, differences field by field.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use expect_test::Expect;
use expect_test::expect;
use policy_core::case;
use policy_core::case::CaseFile;
use policy_core::catalog::Catalog;
use policy_core::catalog::document;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn load_policy(path: &Path) -> PolicySet {
    let text = fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    PolicySet::compile(name, &text, Known::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn analytics() -> PolicySet {
    load_policy(&repository().join("examples/policies/analytics.toml"))
}

fn shop() -> Catalog {
    load_catalog(&repository().join("examples/catalog/shop.toml"))
}

fn load_catalog(path: &Path) -> Catalog {
    let text = fs::read_to_string(path).unwrap();
    document::parse("catalog", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn parse(name: &str, text: &str) -> CaseFile {
    case::parse(name, text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn failures(file: &CaseFile, policy: &PolicySet, catalog: &Catalog) -> String {
    file.check(policy)
        .unwrap_or_else(|errors| panic!("{errors}"));
    let failures = file
        .cases()
        .iter()
        .filter_map(|case| case.run(policy, catalog).err());
    failures.map(|failure| format!("{failure}\n")).collect()
}

#[test]
fn every_example_does_what_its_cases_say() {
    let folder = repository().join("examples/cases");
    let mut names: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 3);
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap();
        let file = parse(name, &fs::read_to_string(&path).unwrap());
        let policy = load_policy(&folder.join(file.policy().unwrap()));
        let catalog = load_catalog(&folder.join(file.catalog().unwrap()));
        let failures = failures(&file, &policy, &catalog);
        assert!(failures.is_empty(), "{name}:\n{failures}");
    }
}

#[test]
fn the_cases_of_the_guide_hold() {
    let guide = fs::read_to_string(repository().join("docs/policy.md")).unwrap();
    let block = guide.split("```toml cases\n").nth(1).unwrap();
    let block = block.split("```").next().unwrap();
    let failures = failures(&parse("docs/policy.md", block), &analytics(), &shop());
    assert!(failures.is_empty(), "{failures}");
}

fn check(case: &str, expected: Expect) {
    let text = format!("[[case]]\nname = \"n\"\n{case}\n");
    expected.assert_eq(&failures(&parse("c.toml", &text), &analytics(), &shop()));
}

#[test]
fn tells_every_difference_by_its_field() {
    check(
        r#"role = "analytics"
           sql = "SELECT email FROM shop.customers"
           expect = "allow"
           rule = "new-tables-need-a-human"
           shown = ["clear"]
           limits = { rows = 5, seconds = 30 }
           errors_hidden = false"#,
        expect![[r#"
            line 2: n
              rule           expected new-tables-need-a-human
                             got      read-shop
              shown          expected clear
                             got      mask contact
              limits.rows    expected 5
                             got      10000
              errors_hidden  expected false
                             got      true
              because        allowed by rule `read-shop`, policy line 12
        "#]],
    );
    check(
        r#"role = "analytics"
           sql = "DROP DATABASE shop"
           expect = "allow"
           rule = "read-shop""#,
        expect![[r#"
            line 2: n
              expect         expected allow
                             got      deny
              rule           expected read-shop
                             got      never
              because        [POSTERN-DENIED] `drop database` is denied (rule `never`, policy line 27); no approval lifts this; leave it out
        "#]],
    );
    check(
        r#"role = "analytics"
           sql = "DROP DATABASE shop"
           expect = "deny"
           token = "POSTERN-GUARD"
           text = "please""#,
        expect![[r#"
            line 2: n
              token          expected POSTERN-GUARD
                             got      POSTERN-DENIED
              text           expected a text with `please`
                             got      [POSTERN-DENIED] `drop database` is denied (rule `never`, policy line 27); no approval lifts this; leave it out
              because        [POSTERN-DENIED] `drop database` is denied (rule `never`, policy line 27); no approval lifts this; leave it out
        "#]],
    );
    check(
        r#"role = "analytics"
           sql = "CREATE TABLE shop.t (id INT)"
           expect = "approve"
           approvers = ["leads"]"#,
        expect![[r#"
            line 2: n
              approvers      expected leads
                             got      dba
              because        rule `new-tables-need-a-human`, policy line 19 asks for an approval
        "#]],
    );
}

#[test]
fn finds_the_role_of_a_principal_as_a_login_does() {
    check(
        r#"principal = { subject = "bot", groups = ["agents-analytics"] }
           sql = "SELECT id FROM shop.orders"
           expect = "allow""#,
        expect![[""]],
    );
    check(
        r#"principal = { groups = ["strangers"] }
           sql = "SELECT 1"
           expect = "no role"
           text = "no role of the policy takes this principal""#,
        expect![[""]],
    );
    check(
        r#"principal = { groups = ["strangers"] }
           role = "analytics"
           sql = "SELECT 1"
           expect = "allow""#,
        expect![[r#"
            line 2: n
              expect         expected allow
                             got      no role
              because        role `analytics` is not open to this principal at target `shop`
        "#]],
    );
    check(
        r#"principal = { groups = ["agents-analytics", "support-leads"] }
           sql = "SELECT email FROM shop.customers"
           expect = "allow"
           shown = ["clear"]"#,
        expect![[""]],
    );
}

#[test]
fn brings_the_session_about() {
    check(
        r#"role = "analytics"
           sql_mode = "ANSI_QUOTES"
           database = "shop"
           sql = 'SELECT "email" FROM customers'
           expect = "allow"
           shown = ["mask contact"]"#,
        expect![[""]],
    );
    check(
        r#"role = "analytics"
           server = "10.11.19-MariaDB"
           sql = "SELECT JSON_DETAILED('{}')"
           expect = "allow""#,
        expect![[""]],
    );
    check(
        r#"role = "analytics"
           before = ["USE shop", "SET sql_mode = 'ANSI_QUOTES'"]
           sql = 'SELECT "total" FROM orders'
           expect = "allow"
           shown = ["clear"]"#,
        expect![[""]],
    );
    check(
        r#"role = "analytics"
           before = ["USE shop", "DROP TABLE orders"]
           sql = "SELECT 1"
           expect = "allow""#,
        expect![[r#"
            line 2: n
              before         expected statement 2 to run
                             got      it cannot
              because        [POSTERN-DENIED] role `analytics` may not `drop table` on shop.orders; it may read on shop.*, create table on shop.* with approval
        "#]],
    );
    check(
        r#"role = "analytics"
           before = ["SELECT email FROM shop.customers"]
           sql = "SHOW WARNINGS"
           expect = "deny"
           text = "messages of a statement on protected columns""#,
        expect![""],
    );
}

#[test]
fn follows_prepared_statements() {
    check(
        r#"role = "analytics"
           before = ["PREPARE s FROM 'SELECT email FROM shop.customers'"]
           sql = "EXECUTE s"
           expect = "allow"
           shown = ["mask contact"]"#,
        expect![[""]],
    );
    check(
        r#"role = "analytics"
           before = ["PREPARE s FROM 'SELECT 1'", "DEALLOCATE PREPARE s"]
           sql = "EXECUTE s"
           expect = "deny""#,
        expect![[""]],
    );
}

#[test]
fn binds_parameters() {
    check(
        r#"role = "analytics"
           sql = "SELECT id FROM shop.orders WHERE id = ? AND total > ?"
           parameters = [1, 2.5]
           expect = "allow""#,
        expect![[""]],
    );
    check(
        r#"role = "analytics"
           sql = "SELECT id FROM shop.orders WHERE id = ?"
           expect = "allow""#,
        expect![[r#"
            line 2: n
              parameters     expected 0 bound value(s)
                             got      1 in the statement
              because        every `?` stands for one bound value
        "#]],
    );
}

#[test]
fn tells_every_mistake_with_its_place() {
    let text = r#"
[principal.bot]
group = ["x"]
[[case]]
expect = "maybe"
[[case]]
name = "a"
role = "r"
sql = "SELECT 1"
expect = "allow"
token = "POSTERN-GUARD"
sql_mode = "LOUD"
server = "x"
parameters = [[1]]
[[case]]
name = "a"
principal = "bt"
sql = "SELECT 1"
expect = "deny"
token = "GUARD"
expected = "deny"
[[case]]
name = "a"
sql = ""
expect = "deny"
"#;
    let mistakes = case::parse("c.toml", text).unwrap_err().to_string();
    expect![[r#"
        c.toml:3:1: unknown key `group`; did you mean `groups`?
        c.toml:4:1: `[[case]]` needs `name`
        c.toml:4:1: `[[case]]` needs `role` or `principal`
        c.toml:4:1: `[[case]]` needs `sql`
        c.toml:5:10: `expect` must be one of `allow`, `deny`, `approve`, `no role`
        c.toml:11:9: `token` does not go with `expect = "allow"`
        c.toml:12:12: `LOUD` is not a list of SQL modes
        c.toml:13:10: `x` is no version as `SELECT VERSION()` tells it, such as `9.7.4` or `10.11.19-MariaDB`
        c.toml:14:15: `parameters` is a list of strings, numbers and booleans
        c.toml:16:8: there is a case of the name `a` in line 7 already
        c.toml:17:13: no principal `bt` in this file; did you mean `bot`?
        c.toml:20:9: `token` must be one of `POSTERN-DENIED`, `POSTERN-UNREAD`, `POSTERN-UNKNOWN-NAME`, `POSTERN-INFLUENCE`, `POSTERN-GUARD`, `POSTERN-LIMIT`
        c.toml:21:1: unknown key `expected`; did you mean `expect`?
        c.toml:22:1: `[[case]]` needs `role` or `principal`
        c.toml:23:8: there is a case of the name `a` in line 16 already"#]].assert_eq(&mistakes);
    for empty in ["", "# nothing\n", "policy = \"p.toml\"\n", "case = []\n"] {
        let mistakes = case::parse("c.toml", empty).unwrap_err().to_string();
        assert!(
            mistakes.contains("there is no case in the file"),
            "{mistakes}"
        );
    }
}

#[test]
fn tells_names_that_the_policy_does_not_have() {
    let text = r#"
[[case]]
name = "a"
role = "analytic"
sql = "SELECT 1"
expect = "allow"
rule = "read-shops"
shown = ["mask contacts", "mask", "clear"]
[[case]]
name = "b"
role = "analytics"
target = "store"
sql = "SELECT 1"
expect = "deny"
"#;
    let mistakes = parse("c.toml", text).check(&analytics()).unwrap_err();
    expect![[r#"
        c.toml:4:8: the policy has no role `analytic`; did you mean `analytics`?
        c.toml:7:8: the policy has no rule `read-shops`; did you mean `read-shop`?
        c.toml:8:10: the policy has no mask `contacts`; did you mean `contact`?
        c.toml:8:27: the policy has no treatment `mask`; it has `clear`, `mask NAME`, `redact`
        c.toml:12:10: the policy has no target `store`; it has `shop`"#]]
    .assert_eq(&mistakes.to_string());
}
