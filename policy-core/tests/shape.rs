//! Texts of one shape have the same facts, but for where their literals stand, and are decided alike.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use policy_core::catalog::Catalog;
use policy_core::decide::Diagnostics;
use policy_core::decide::Request;
use policy_core::decide::Values;
use policy_core::decide::decide;
use policy_core::decide::may_hold;
use policy_core::decision::Decision;
use policy_core::lex::ReadLimits;
use policy_core::policy::compile::Known;
use policy_core::policy::set::PolicySet;
use policy_core::principal::Principal;
use policy_core::read::read;
use policy_core::session::SessionContext;
use policy_core::shape::Shape;
use policy_core::statement::Statement;
use policy_core::unread::Unread;
use proptest::prelude::*;
use proptest::sample::select;

const VERSIONS: [&str; 2] = ["9.7.4", "10.11.19-MariaDB"];

/// Conditions with holes for literals: `#` is a number, a string or another literal.
const CONDITIONS: &[&str] = &[
    "id = #",
    "app.users.id <> #",
    "ssn = #",
    "`ssn` >= #",
    "ssn IN (#, #)",
    "id NOT IN (#, -#, #)",
    "# IN (id, #)",
    "(id, ssn) IN ((#, #))",
    "ssn BETWEEN # AND #",
    "id NOT BETWEEN -# AND # = #",
    "id BETWEEN id AND id = #",
    "ssn LIKE #",
    "name NOT LIKE # ESCAPE '!'",
    "id = id = #",
    "#",
    "# = #",
    "id",
    "id = # + #",
    "-id = -#",
    "CONCAT(name, #) = #",
    "LEFT(ssn, #) = #",
    "COALESCE(ssn, #) = name",
    "id IN (SELECT user_id FROM app.orders WHERE total = # ORDER BY #, #)",
    "id IN (SELECT user_id FROM app.orders LIMIT #, #)",
    "EXISTS (SELECT # FROM app.orders o WHERE o.user_id = # GROUP BY #)",
    "CASE WHEN id = # THEN # ELSE ssn END = #",
    "IF(ssn = #, #, #)",
    "name = # COLLATE utf8mb4_bin",
    "name REGEXP #",
    "id & # = #",
    "ssn = _latin1 #",
    "ssn = #",
    "MATCH (name) AGAINST (#)",
];

/// Statements: `@` is a condition.
const STATEMENTS: &[&str] = &[
    "SELECT id, name, ssn FROM app.users WHERE @",
    "SELECT @, # FROM app.users WHERE @ ORDER BY #",
    "SELECT DISTINCT # 'x', CONCAT(ssn, #) FROM app.users WHERE @ GROUP BY #, ssn HAVING @",
    "SELECT * FROM app.users WHERE @ LIMIT #, #",
    "SELECT u.ssn, o.total FROM app.users u JOIN app.orders o ON o.user_id = # AND u.id = # WHERE o.total >= #",
    "SELECT id FROM (SELECT id, ssn, # FROM app.users WHERE @) d WHERE ssn = # OR @",
    "SELECT id FROM app.users WHERE @ UNION SELECT # FROM app.orders WHERE total = #",
    "WITH c AS (SELECT id, ssn, name FROM app.users WHERE @) SELECT # FROM c WHERE @",
    "SELECT NTILE(#) OVER (ORDER BY id ROWS # PRECEDING) FROM app.users WHERE @",
    "SELECT JSON_EXTRACT(note, #) FROM app.docs WHERE id = #",
    "SELECT id FROM app.users WHERE @ FOR UPDATE",
    "INSERT INTO app.orders (id, user_id, note) VALUES (#, #, #), (-#, # + #, CONCAT(#, #))",
    "INSERT INTO app.orders (id, note) VALUES (#, (SELECT ssn FROM app.users WHERE @ LIMIT #))",
    "INSERT INTO app.orders (id, note) SELECT #, name FROM app.users WHERE @",
    "INSERT INTO app.users (id, ssn) VALUES (#, #) ON DUPLICATE KEY UPDATE name = #, id = VALUES(id)",
    "INSERT INTO app.orders SET id = #, note = #",
    "REPLACE INTO app.orders (id, note) VALUES (#, #)",
    "UPDATE app.orders SET note = #, total = total + #, status = UPPER(#) WHERE id = #",
    "UPDATE app.users SET name = # WHERE @ ORDER BY # LIMIT #",
    "UPDATE app.users SET ssn = #, name = # WHERE @",
    "DELETE FROM app.users WHERE @",
    "DELETE FROM app.orders WHERE id = # AND (total > # OR note LIKE #) LIMIT #",
    "DELETE FROM app.orders WHERE # LIKE #",
    "DELETE FROM app.orders WHERE note LIKE #",
    "DELETE FROM app.orders WHERE id = # OR id <> #",
    "DELETE FROM app.orders WHERE id = # AND id <> # AND id IN (#, #) AND user_id IN (id, #)",
    "DELETE FROM app.orders WHERE id BETWEEN # AND # AND note IS NOT NULL OR total NOT BETWEEN # AND #",
    "UPDATE app.orders o JOIN app.users u ON u.id = # AND o.id > # SET o.note = #, u.name = # WHERE o.id = #",
    "UPDATE app.orders SET note = # WHERE NOT (id = # AND id <> #) XOR id = #",
    "DELETE o FROM app.orders o, app.users u WHERE u.id = # AND o.total >= #",
    "WITH c AS (SELECT id FROM app.users WHERE ssn = #) DELETE FROM app.orders WHERE id = # OR id <> #",
    "REPLACE INTO app.orders SET id = #, note = CONCAT(#, #)",
];

fn policy(influence: &str) -> PolicySet {
    let text = format!(
        r#"
version = 1
[[role]]
name = "r"
groups = ["g"]
targets = ["t"]
database_user = "u"
[[role.rule]]
name = "read"
effect = "allow"
statements = ["read"]
on = ["app.*"]
[[role.rule]]
name = "write"
effect = "allow"
statements = ["write"]
on = ["app.*"]
[[protect]]
name = "pii"
columns = ["*.*.ssn"]
mask = "m"
influence = "{influence}"
writes = "insert"
[mask.m]
kind = "fixed"
value = "hidden"
"#
    );
    PolicySet::compile("policy.toml", &text, Known::default()).unwrap()
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u64..u64::MAX).prop_map(|number| number.to_string()),
        "[a-z0-9 ]{0,6}".prop_map(|text| format!("'{text}'")),
        select(vec![
            "0",
            "1",
            "2",
            "1.5",
            "0.0",
            "1e3",
            "x'00'",
            "'ssn'",
            "'%'",
            "'%%'",
            "'a%'",
            "''",
            "'hidden'",
            "'[redacted]'",
            "'$.a'",
            "'it''s'",
            "'\\\\'",
            "\"q\"",
            "N'x'",
            "99999999999999999999999",
        ])
        .prop_map(str::to_owned),
    ]
}

fn statement() -> impl Strategy<Value = String> {
    let condition = prop::collection::vec(
        (select(CONDITIONS), select(vec![" AND ", " OR ", " XOR "])),
        1..4,
    );
    let conditions = prop::collection::vec(condition, 2);
    (select(STATEMENTS), conditions).prop_map(|(frame, conditions)| {
        let mut text = String::new();
        for (index, part) in frame.split('@').enumerate() {
            if index > 0 {
                for (at, (condition, joint)) in conditions[index % 2].iter().enumerate() {
                    text.push_str(if at > 0 { joint } else { "" });
                    text.push_str(condition);
                }
            }
            text.push_str(part);
        }
        text
    })
}

fn filled(template: &str, literals: &[String]) -> String {
    let mut parts = template.split('#');
    let mut text = parts.next().unwrap().to_owned();
    for (index, part) in parts.enumerate() {
        text.push_str(&literals[index % literals.len()]);
        text.push_str(part);
    }
    text
}

/// One server, its catalog, and a policy to decide by.
struct World {
    session: SessionContext,
    catalog: Catalog,
    policy: PolicySet,
}

impl World {
    fn read(&self, text: &str) -> Result<Statement, Unread> {
        let limits = ReadLimits::default();
        let read = read(text.as_bytes(), &self.session, &self.catalog, &limits)?;
        Ok(read.into_iter().next().unwrap())
    }

    fn shape(&self, text: &str) -> Option<Shape> {
        Shape::of(text.as_bytes(), &self.session, &ReadLimits::default())
    }

    fn decide(&self, text: &str, statement: &Statement) -> (Decision, bool) {
        let principal = Principal {
            groups: ["g".to_owned()].into(),
            ..Principal::default()
        };
        let request = Request {
            principal: &principal,
            role: &self.policy.role_named("r").unwrap().id(),
            target: "t",
            statement,
            text: text.as_bytes(),
            alone: true,
            parameters: &[],
            session: &self.session,
            catalog: &self.catalog,
            bound: policy_core::decide::Bound::Unknown,
            diagnostics: Diagnostics::Clean,
            approval: None,
        };
        let may_hold = may_hold(&self.policy, &Values::of(&request));
        (decide(&self.policy, &request), may_hold)
    }

    /// What is kept of one text must serve the other as if that had been read itself.
    fn check(&self, one: &str, other: &str) -> Result<bool, TestCaseError> {
        let (Some(first), Some(second)) = (self.shape(one), self.shape(other)) else {
            return Ok(false);
        };
        if first.key() != second.key() {
            return Ok(false);
        }
        let (kept, anew) = match (self.read(one), self.read(other)) {
            (Ok(kept), Ok(anew)) => (kept, anew),
            (Err(_), Err(_)) => return Ok(false),
            (kept, anew) => {
                return Err(TestCaseError::fail(format!(
                    "{one}\n{other}\n{kept:?}\n{anew:?}"
                )));
            }
        };
        prop_assert!(first.agrees_with(&kept), "{one}");
        let moved = second.facts(&kept);
        prop_assert_eq!(&moved, &anew, "{}\n{}", one, other);
        let (decision, _) = self.decide(one, &kept);
        let (expected, values_hold) = self.decide(other, &anew);
        prop_assert_eq!(&self.decide(other, &moved).0, &expected, "{}", other);
        if matches!(decision, Decision::Allow(_)) && values_hold {
            prop_assert_eq!(&decision, &expected, "{}\n{}", one, other);
        }
        if matches!(expected, Decision::Allow(_)) {
            prop_assert!(values_hold, "{}", other);
        }
        Ok(true)
    }
}

fn worlds() -> Vec<World> {
    let each = |version: &str, influence: &str| World {
        session: common::session(version),
        catalog: common::catalog(version),
        policy: policy(influence),
    };
    vec![each(VERSIONS[0], "never"), each(VERSIONS[1], "equality")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn statements_that_differ_in_one_literal_are_decided_as_if_read_anew(
        template in statement(),
        literals in prop::collection::vec(literal(), 8),
        at in 0_usize..8,
        other in literal(),
    ) {
        let mut changed = literals.clone();
        changed[at] = other;
        let texts = [&literals, &changed].map(|literals| filled(&template, literals));
        for world in worlds() {
            world.check(&texts[0], &texts[1])?;
        }
    }

    #[test]
    fn statements_that_differ_in_all_literals_are_decided_as_if_read_anew(
        template in statement(),
        numbers in any::<[u32; 8]>(),
        others in any::<[u32; 8]>(),
        texts in any::<u8>(),
    ) {
        let written = |numbers: [u32; 8]| -> Vec<String> {
            let as_text = |at: usize| texts >> at & 1 == 1;
            let numbers = numbers.iter().enumerate();
            numbers
                .map(|(at, n)| if as_text(at) { format!("'{n}'") } else { n.to_string() })
                .collect()
        };
        let texts = [numbers, others].map(|numbers| filled(&template, &written(numbers)));
        for world in worlds() {
            world.check(&texts[0], &texts[1])?;
        }
    }
}

/// Otherwise the properties would hold for want of texts of one shape.
#[test]
fn plain_statements_of_programs_share_their_shape() {
    let world = &worlds()[0];
    for template in [
        "SELECT id, ssn FROM app.users WHERE id = #",
        "SELECT id FROM app.users WHERE name LIKE # AND id IN (#, #) AND id BETWEEN # AND -#",
        "INSERT INTO app.orders (id, note) VALUES (#, #), (#, CONCAT(#, note))",
        "UPDATE app.orders SET note = # WHERE id = #",
        "DELETE FROM app.orders WHERE id = #",
        "SELECT id FROM app.users WHERE id = # ; ;",
    ] {
        let texts = [["1"; 8], ["2"; 8]].map(|numbers| {
            let literals = numbers.map(|number| format!("'{number}'"));
            filled(template, &literals)
        });
        assert!(world.check(&texts[0], &texts[1]).unwrap(), "{template}");
    }
}

/// What is withheld without being a token must not be forgotten for a text that looks the same.
#[test]
fn texts_with_something_withheld_between_their_tokens_have_no_shape() {
    let world = &worlds()[0];
    assert!(
        world
            .shape("SELECT id FROM app.orders WHERE id = 0x41")
            .is_some()
    );
    for text in [
        "SELECT /*+ SET_VAR(sql_mode='ANSI_QUOTES') */ id FROM app.orders WHERE id = 0x41",
        "SELECT id FROM app.orders WHERE id = _gbk 0x41",
    ] {
        assert!(world.shape(text).is_none(), "{text}");
        assert!(!world.read(text).unwrap().withheld.is_empty(), "{text}");
    }
}
