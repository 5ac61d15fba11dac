//! Which stored code may leave something in the session of whoever runs it: user variables, temporary
//! tables, prepared statements, the last insert id.
//!
//! Neither server tells of all of it: `SELECT … INTO @x` in a body is not reported as a change of the
//! session, and on MySQL neither is `CREATE TEMPORARY TABLE … SELECT`. So bodies are searched for the words without
//! which nothing can be left. That finds too much (a word in a comment), never too little.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// What stored code may leave in the session.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum Lasting {
    /// Values: of variables, of the last insert id, locks.
    Values,
    /// Names as well: temporary tables, prepared statements.
    Names,
}

/// Words of statements that leave a value.
const VALUES: [&str; 7] = [
    "get_lock",
    "identity",
    "insert_id",
    "last_insert_id",
    "rand_seed1",
    "rand_seed2",
    "sql_select_limit",
];

/// Words of statements that leave a name, or run what is not written in the body; the server's own
/// schemas, whose routines do either.
const NAMES: [&str; 6] = [
    "execute",
    "immediate",
    "mysql",
    "prepare",
    "sys",
    "temporary",
];

/// Stored code under a name: a routine, a view, or a table with its triggers.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the loader")]
pub struct Code<'a> {
    /// By which other code runs it: its own name, that of the table for a trigger.
    pub name: &'a str,
    /// `None` when it cannot be read: then it may do anything.
    pub text: Option<&'a str>,
}

/// For each of `codes`, in their order, what it may leave in the session, by itself or by other code that
/// its text names.
#[must_use]
pub fn lasting(codes: &[Code<'_>]) -> Vec<Option<Lasting>> {
    let words: Vec<BTreeSet<String>> = codes
        .iter()
        .map(|code| words(code.text.unwrap_or_default()))
        .collect();
    let mut lasts: Vec<Option<Lasting>> = codes
        .iter()
        .zip(&words)
        .map(|(code, words)| match code.text {
            Some(text) => leaves(text, words),
            None => Some(Lasting::Names),
        })
        .collect();
    let mut naming: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, words) in words.iter().enumerate() {
        for word in words {
            naming.entry(word).or_default().push(index);
        }
    }
    let mut accented = naming.clone();
    accented.retain(|word, _| !word.is_ascii());
    let mut open: Vec<usize> = (0..codes.len())
        .filter(|&index| lasts.get(index).is_some_and(Option::is_some))
        .collect();
    while let Some(index) = open.pop() {
        let left = lasts.get(index).copied().flatten();
        let name = codes.get(index).map(|code| self::words(code.name));
        for word in name.iter().flatten() {
            for user in users(&naming, &accented, word) {
                if let Some(lasts) = lasts.get_mut(user)
                    && *lasts < left
                {
                    *lasts = left;
                    open.push(user);
                }
            }
        }
    }
    lasts
}

/// Who names that word, perhaps with other accents, by which servers find a routine, too. Few words have any.
fn users(
    naming: &BTreeMap<&str, Vec<usize>>,
    accented: &BTreeMap<&str, Vec<usize>>,
    word: &str,
) -> Vec<usize> {
    let others = match word.is_ascii() {
        true => accented,
        false => naming,
    };
    let exact = naming.get(word).into_iter();
    let alike = others
        .iter()
        .filter(|(other, _)| **other != word && spells_alike(other, word));
    let of = exact.chain(alike.map(|(_, users)| users));
    of.flatten().copied().collect()
}

/// Whether two words may differ in accents only: a letter outside ASCII is taken for any letter.
fn spells_alike(one: &str, other: &str) -> bool {
    (!one.is_ascii() || !other.is_ascii())
        && one.chars().count() == other.chars().count()
        && one
            .chars()
            .zip(other.chars())
            .all(|(one, other)| one == other || !one.is_ascii() || !other.is_ascii())
}

fn leaves(text: &str, words: &BTreeSet<String>) -> Option<Lasting> {
    let has = |of: &[&str]| of.iter().any(|&word| words.contains(word));
    let sets_time = words.contains("set") && words.contains("timestamp");
    if has(&NAMES) {
        Some(Lasting::Names)
    } else {
        (text.contains('@') || sets_time || has(&VALUES)).then_some(Lasting::Values)
    }
}

/// The words of a text, in lower case; of a name in quotes with odd characters its parts.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| c.is_ascii() && !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(codes: &[(&str, &str)]) -> Vec<Option<Lasting>> {
        let codes: Vec<Code<'_>> = codes
            .iter()
            .map(|&(name, text)| Code {
                name,
                text: Some(text),
            })
            .collect();
        lasting(&codes)
    }

    #[test]
    fn finds_values_that_are_left_in_a_session() {
        for text in [
            "SELECT ssn INTO @x FROM people",
            "BEGIN SET @`a b` = 1; END",
            "UPDATE t SET a = LAST_INSERT_ID(a + 1)",
            "SET TIMESTAMP = 5",
            "SET @@session.rand_seed1 = 5",
            "DO GET_LOCK('a', 1)",
        ] {
            assert_eq!(of(&[("p", text)]), [Some(Lasting::Values)], "{text}");
        }
    }

    #[test]
    fn finds_names_that_are_left_in_a_session() {
        for text in [
            "CREATE /* a */ Temporary TABLE t AS SELECT 1",
            "BEGIN SET @x = 1; CREATE TEMPORARY TABLE t (a INT); END",
            "BEGIN PREPARE s FROM 'SELECT 1'; END",
            "DEALLOCATE PREPARE s",
            "EXECUTE IMMEDIATE CONCAT('CREATE TEMP', 'ORARY TABLE t (a INT)')",
            "EXECUTE s USING @x",
            "CALL sys.execute_prepared_stmt('x')",
            "CALL `sys`.`create_synonym_db`('a', 'b')",
        ] {
            assert_eq!(of(&[("p", text)]), [Some(Lasting::Names)], "{text}");
        }
    }

    #[test]
    fn leaves_plain_code_alone() {
        for text in [
            "UPDATE orders SET note = note",
            "BEGIN DECLARE n INT; SELECT COUNT(*) INTO n FROM people; END",
            "BEGIN DECLARE at TIMESTAMP; INSERT INTO log VALUES (NEW.id, NOW()); END",
            "",
        ] {
            assert_eq!(of(&[("p", text)]), [None], "{text}");
        }
    }

    #[test]
    fn follows_the_names_of_other_code() {
        let codes = [
            ("a", "CALL B()"),
            ("b", "INSERT INTO `odd name` VALUES (1)"),
            ("odd name", "SET @x = 1"),
            ("c", "SELECT 1"),
            ("v", "select `ü_f`(1) AS `x`"),
            ("Ü_F", "RETURN (SELECT @x)"),
        ];
        let values = Some(Lasting::Values);
        assert_eq!(of(&codes), [values, values, values, None, values, values]);
    }

    #[test]
    fn the_most_that_is_left_counts() {
        let codes = [
            ("a", "BEGIN CALL b(); CALL c(); END"),
            ("b", "SET @x = 1"),
            ("c", "CALL d()"),
            ("d", "CREATE TEMPORARY TABLE t (a INT)"),
        ];
        let (values, names) = (Some(Lasting::Values), Some(Lasting::Names));
        assert_eq!(of(&codes), [names, values, names, names]);
    }

    #[test]
    fn follows_names_with_other_accents() {
        let codes = [
            ("procéd", "SET @x = 1"),
            ("a", "CALL proced()"),
            ("b", "CALL procëd()"),
            ("c", "CALL procede()"),
            ("plain", "SET @x = 1"),
            ("d", "CALL plaín()"),
            ("e", "CALL plane()"),
        ];
        let v = Some(Lasting::Values);
        assert_eq!(of(&codes), [v, v, v, None, v, v, None]);
    }

    #[test]
    fn takes_what_cannot_be_read_for_the_worst() {
        let unread = Code {
            name: "p",
            text: None,
        };
        let caller = Code {
            name: "q",
            text: Some("CALL p()"),
        };
        assert_eq!(lasting(&[caller, unread]), [Some(Lasting::Names); 2]);
    }
}
