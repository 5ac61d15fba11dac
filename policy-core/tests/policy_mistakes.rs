//! Mistakes in policy files: all of them at once, each with its line and column.

#![expect(clippy::panic, reason = "tests")]

use expect_test::Expect;
use expect_test::expect;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::principal::Principal;

fn check(text: &str, expected: Expect) {
    check_with(text, Known::default(), expected);
}

fn check_with(text: &str, known: Known<'_>, expected: Expect) {
    let Err(errors) = PolicySet::compile("p.toml", text, known) else {
        panic!("no mistake found");
    };
    expected.assert_eq(&errors.to_string());
}

const ROLE: &str = r#"version = 1
[[role]]
name = "a"
groups = ["g"]
targets = ["shop"]
database_user = "reader"
"#;

#[test]
fn tells_syntax_and_missing_keys() {
    check("", expect!["p.toml:1:1: the file needs `version`"]);
    check("version = 2", expect!["p.toml:1:11: `version` must be 1"]);
    check(
        "version = 1\n[[role]]\nname = \n[[deny]\n",
        expect![[r#"
            p.toml:3:8: string values must be quoted, expected literal string
            p.toml:4:8: unclosed array table, expected `]`"#]],
    );
    check(
        "version = 1\n[[role]]\nnam = \"a\"\n",
        expect![[r#"
            p.toml:2:1: `[[role]]` needs `database_user`
            p.toml:2:1: `[[role]]` needs `name`
            p.toml:2:1: `[[role]]` needs `targets`
            p.toml:2:1: nobody can have this role: give `groups`, `subjects` or `claims`
            p.toml:3:1: unknown key `nam`; did you mean `name`?"#]],
    );
}

#[test]
fn tells_every_mistake_of_a_rule() {
    let text = format!(
        r#"{ROLE}max_session = "soon"
[[role.rule]]
name = "r"
effect = "alow"
statements = ["reed", "drop databse", "admin", "prepare"]
on = ["shop", "*.*.x", "shop.ord*"]
limits = {{ rows = 0, second = 1 }}
functions = ["LOAD_FILE"]
approvers = ["x"]
[[role.rule]]
name = "r"
effect = "approve"
statements = ["call"]
on = ["shop.*"]
quorum = 17
grant = {{ covers = "all", valid = "8d" }}
"#
    );
    check(
        &text,
        expect![[r#"
            p.toml:7:15: `soon` is not a time: write a whole number and `s`, `m`, `h` or `d`, as in `30m`
            p.toml:8:1: `approvers` belongs to a rule with `effect = "approve"`
            p.toml:10:10: `effect` must be one of `allow`, `approve`, `deny`
            p.toml:11:15: unknown statement class or kind `reed`; did you mean `read`?
            p.toml:11:23: unknown statement class or kind `drop databse`; did you mean `drop database`?
            p.toml:12:7: `shop` is not `schema.table` (each may be `*`)
            p.toml:12:15: `*.*.x` is not `schema.table` (each may be `*`)
            p.toml:12:24: `shop.ord*`: `*` stands only for a whole part, and odd names stand in backticks
            p.toml:13:19: `rows` must be between 1 and 18446744073709551615
            p.toml:13:22: unknown key `second`; did you mean `seconds`?
            p.toml:16:1: a rule with `effect = "approve"` needs `approvers`
            p.toml:17:8: another rule is called `r` too
            p.toml:19:15: a routine is called only where `on` names it: write `schema.routine`
            p.toml:21:10: `quorum` must be between 1 and 16
            p.toml:22:20: `covers` must be one of `statement`, `rule`
            p.toml:22:35: a grant lasts at most `7d`: what is needed longer is a rule"#]],
    );
}

#[test]
fn tells_what_no_rule_can_allow() {
    let text = format!(
        r#"{ROLE}[[role.rule]]
name = "builtin-x"
effect = "allow"
statements = ["admin", "routine", "binlog", "select into outfile"]
on = ["shop.*"]
functions = ["LOAD_FILE"]
"#
    );
    check(
        &text,
        expect![[r#"
            p.toml:8:8: names that begin with `builtin-` are reserved
            p.toml:10:15: class `admin` can only be denied; to allow a statement of it, name its kind
            p.toml:10:24: class `routine` can only be denied; to allow a statement of it, name its kind
            p.toml:10:35: `binlog` can never be allowed
            p.toml:10:45: `select into outfile` can never be allowed
            p.toml:12:14: function `LOAD_FILE` can never be allowed"#]],
    );
}

#[test]
fn tells_mistakes_of_protection_and_masks() {
    check(
        r#"version = 1
[[protect]]
name = "p"
columns = ["email", "shop.c.email"]
mask = "mial"
influence = "sometimes"
writes = "update"
[[protect]]
name = "q"
columns = ["*.*.id"]
mask = "pseudonym"
writes = "insert"
[mask.mail]
kind = "partial"
keep_first = 65
size = 3
[mask.pseudonym]
kind = "hash"
key = "not-a-reference"
[mask.good]
kind = "hash"
key = "env:K"
[mask.a]
kind = "parcial"
[mask.b]
kind = "date"
to = "day"
[mask.c]
kind = "bucket"
[mask.d]
kind = "fixed"
[mask.redact]
kind = "null"
[mask.e]
kind = "redact"
keep_null = true
[[protect]]
name = "r"
columns = ["*.*.x"]
mask = "good"
writes = "insert"
"#,
        expect![[r#"
            p.toml:4:12: `email` is not `schema.table.column` (schema and table may be `*`)
            p.toml:5:8: unknown mask `mial`; did you mean `mail`?
            p.toml:6:13: `influence` must be one of `never`, `equality`, `any`
            p.toml:7:10: `writes` must be one of `none`, `insert`
            p.toml:15:14: `keep_first` must be between 0 and 64
            p.toml:16:8: a `partial` mask takes no `size`
            p.toml:19:7: `key` must be `env:NAME` or `file:PATH`
            p.toml:24:8: unknown mask kind `parcial`; did you mean `partial`?
            p.toml:27:6: `to` must be `month` or `year`
            p.toml:29:8: a `bucket` mask needs `size`
            p.toml:31:8: a `fixed` mask needs `value`
            p.toml:32:7: `redact` is always there and cannot be changed
            p.toml:36:13: a `redact` mask shows nothing, not even that a value is missing
            p.toml:41:10: a `hash` mask cannot stand on a column that may be written: who writes guesses and reads what they are shown as has a dictionary"#]],
    );
}

#[test]
fn tells_mistakes_of_mask_kinds() {
    check(
        r#"version = 1
[[protect]]
name = "s"
columns = ["*.*.y"]
mask = "token"
writes = "insert"
[mask.token]
kind = "tokenize"
key = "file:token.key"
alphabet = "alphanumeric"
luhn = true
length = 8
[mask.f]
kind = "tokenize"
[mask.g]
kind = "tokenize"
key = "secret"
alphabet = "abca"
[mask.h]
kind = "partial"
shape = "iban"
fill = "-"
keep_last = 4
[mask.i]
kind = "hash"
key = "env:K"
length = 65
[mask.j]
kind = "partial"
shape = "ssn"
"#,
        expect![[r#"
            p.toml:6:10: a `tokenize` mask cannot stand on a column that may be written: who writes guesses and reads what they are shown as has a dictionary
            p.toml:11:8: `luhn` is a check of digits: it needs `alphabet = "digits"`
            p.toml:12:10: a `tokenize` mask takes no `length`
            p.toml:14:8: a `tokenize` mask needs `alphabet`
            p.toml:14:8: a `tokenize` mask needs `key`
            p.toml:17:7: `key` must be `env:NAME` or `file:PATH`
            p.toml:18:12: `alphabet` must be `digits`, `alphanumeric`, or two or more different visible characters of ASCII
            p.toml:22:8: `fill` must be one of `*`, `#`, `_`, `?`, `~`, `x`, `X`
            p.toml:23:13: a shape keeps what it keeps: leave this out
            p.toml:27:10: `length` must be between 8 and 64
            p.toml:30:9: `shape` must be `plain`, `email`, `card`, `phone` or `iban`"#]],
    );
}

#[test]
fn demands_the_issuer_of_everyone_when_there_are_several() {
    let text = format!(
        r#"{ROLE}[[role.rule]]
name = "r"
effect = "approve"
statements = ["create table"]
on = ["shop.*"]
approvers = ["dba", "corp:leads"]
[[role]]
name = "b"
issuer = "partner"
groups = ["g"]
targets = ["shop", "hsop"]
database_user = "reader"
[[role]]
name = "c"
issuer = "corb"
claims = {{ env = "prod" }}
targets = ["shop"]
database_user = "reader"
[[role]]
name = "d"
claims = {{ env = "prod" }}
targets = ["shop"]
database_user = "reader"
[[deny]]
name = "n"
statements = ["drop database"]
roles = ["z"]
"#
    );
    let known = Known {
        issuers: &["corp", "partner"],
        targets: &["shop"],
    };
    check_with(
        &text,
        known,
        expect![[r#"
            p.toml:4:11: whose `g`? There are several issuers: write `corp:g`, or `issuer = "…"` beside it
            p.toml:12:14: whose `dba`? There are several issuers: write `corp:dba`, or `issuer = "…"` beside it
            p.toml:17:20: unknown target `hsop`; did you mean `shop`?
            p.toml:21:10: unknown issuer `corb`; did you mean `corp`?
            p.toml:25:1: `claims` means one issuer's claims: add `issuer = "…"` (there are corp, partner)
            p.toml:33:10: unknown role `z`; there are `a`, `b`, `c`, `d`"#]],
    );
}

#[test]
fn gives_the_first_role_that_takes_someone_or_the_one_asked_for() {
    let text = format!(
        r#"{ROLE}[[role]]
name = "b"
groups = ["h"]
targets = ["shop"]
database_user = "writer"
"#
    );
    let policy = PolicySet::compile("p.toml", &text, Known::default()).unwrap();
    let mut someone = Principal {
        groups: ["g", "h"].map(str::to_owned).into(),
        ..Principal::default()
    };
    let role = |someone: &Principal, target, wanted| {
        let role = policy.role_for(someone, target, wanted);
        role.map(|role| role.to_string())
            .map_err(|error| error.to_string())
    };
    assert_eq!(role(&someone, "shop", None), Ok("a".to_owned()));
    assert_eq!(role(&someone, "shop", Some("b")), Ok("b".to_owned()));
    assert!(role(&someone, "hr", None).is_err());
    someone.groups.remove("h");
    // A role that exists and one that does not are told in the same words.
    assert_eq!(
        role(&someone, "shop", Some("b")).unwrap_err(),
        "role `b` is not open to this principal at target `shop`"
    );
    assert!(role(&someone, "shop", Some("nope")).is_err());
}

#[test]
fn tells_detectors_that_there_are_not() {
    check(
        &format!("{ROLE}detectors = [\"emial\", \"card\", \"passwords\"]\n"),
        expect![[r#"
            p.toml:7:14: unknown detector `emial`; did you mean `email`?
            p.toml:7:31: unknown detector `passwords`; there are `email`, `card`, `iban`, `ssn`, `phone`, `jwt`, `api_key`, `private_key`, `all`"#]],
    );
    check(
        &format!("{ROLE}detectors = []\n"),
        expect![["p.toml:7:13: `detectors` is empty: leave it out or name something"]],
    );
    check(
        &format!("{ROLE}detectors = \"all\"\n"),
        expect![[
            r#"p.toml:7:13: `detectors` must be a list of strings, not a value of type string"#
        ]],
    );
}
