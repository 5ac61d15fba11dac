//! Texts of one shape have the same facts, but for where their literals stand.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use policy_core::lex::ReadLimits;
use policy_core::shape::Shape;
use policy_core::statement::Statement;
use proptest::prelude::*;

const VERSIONS: [&str; 2] = ["9.7.4", "10.11.19-MariaDB"];

/// Templates with holes for literals: `#` is a number or a string.
const TEMPLATES: [&str; 16] = [
    "SELECT id, name FROM app.users WHERE id = #",
    "SELECT id FROM app.users WHERE ssn = #",
    "SELECT id FROM app.users WHERE ssn > # AND id <> #",
    "SELECT id FROM app.users WHERE # = # OR id = #",
    "SELECT id, # FROM app.users WHERE name = # ORDER BY #",
    "SELECT * FROM app.users LIMIT #",
    "SELECT u.ssn, o.total FROM app.users u JOIN app.orders o ON o.user_id = u.id WHERE o.total >= #",
    "SELECT LEFT(ssn, #), id = # FROM app.users",
    "SELECT id FROM app.users WHERE id IN (#, #)",
    "SELECT id FROM (SELECT id, ssn FROM app.users WHERE id = #) d WHERE ssn = #",
    "SELECT CASE WHEN id = # THEN ssn ELSE # END FROM app.users",
    "SELECT total FROM app.orders WHERE note = # GROUP BY # HAVING total > #",
    "SELECT id FROM app.users WHERE id = # UNION SELECT user_id FROM app.orders WHERE total = #",
    "SELECT COUNT(*) FROM app.orders WHERE status = # AND total BETWEEN # AND #",
    "SELECT name 'x' FROM app.users WHERE ssn LIKE #",
    "SELECT id FROM app.users WHERE EXISTS (SELECT # FROM app.orders WHERE user_id = #)",
];

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u64..u64::MAX).prop_map(|number| number.to_string()),
        "[a-z0-9 ]{0,6}".prop_map(|text| format!("'{text}'")),
        Just("1".to_owned()),
        Just("0".to_owned()),
        Just("1.5".to_owned()),
        Just("x'00'".to_owned()),
        Just("'ssn'".to_owned()),
    ]
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

/// All facts but the places of literals, as text.
fn facts(statement: &Statement) -> String {
    let mut statement = statement.clone();
    statement.literals.clear();
    statement.span = 0..0;
    format!("{statement:?}")
}

proptest! {
    #[test]
    fn one_shape_means_one_set_of_facts(
        template in 0..TEMPLATES.len(),
        one in prop::collection::vec(literal(), 3),
        other in prop::collection::vec(literal(), 3),
    ) {
        for version in VERSIONS {
            let session = common::session(version);
            let limits = ReadLimits::default();
            let texts = [&one, &other].map(|literals| filled(TEMPLATES[template], literals));
            let shapes = texts.clone().map(|text| Shape::of(text.as_bytes(), &session, &limits));
            let [Some(first), Some(second)] = shapes else { continue };
            if first.key() != second.key() {
                continue;
            }
            let read = texts.clone().map(|text| common::read_on(version, text.as_bytes()));
            match read {
                [Ok(first_read), Ok(second_read)] => {
                    prop_assert_eq!(facts(&first_read[0]), facts(&second_read[0]), "{:?}", texts);
                    prop_assert!(first.agrees_with(&first_read[0]), "{:?}", texts);
                    let moved = second.facts(&first_read[0]);
                    prop_assert_eq!(format!("{moved:?}"), format!("{:?}", second_read[0]), "{:?}", texts);
                }
                [Err(_), Err(_)] => {}
                [one, other] => prop_assert!(false, "{texts:?}: {one:?} {other:?}"),
            }
        }
    }
}
