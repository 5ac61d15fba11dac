//! Texts that mean the same whatever state a session is in: questions about the statement before.
//!
//! A gateway that does not know the state yet can read them all the same. They hold nothing but words,
//! functions and variables of the lists below, and no character that a mode or a character set could
//! make into something else; so no name in them is looked up anywhere.

/// Whether a text is made of such parts only. What it does is for the reader to say.
#[must_use]
pub fn is_stateless(text: &[u8]) -> bool {
    if text.len() > BYTES_MAX {
        return false;
    }
    let text = text.trim_ascii();
    let mut rest = text.strip_suffix(b";").unwrap_or(text);
    let mut is_alias = false;
    while let Some(&first) = rest.first() {
        rest = match first {
            b' ' | b'\t' | b'\r' | b'\n' => skip(rest, 1),
            b',' | b')' | b'*' | b'=' | b'<' | b'>' | b'+' => {
                is_alias = false;
                skip(rest, 1)
            }
            b'0'..=b'9' => {
                let (number, after) = word(rest);
                if is_alias || !number.iter().all(u8::is_ascii_digit) {
                    return false;
                }
                after
            }
            b'@' => match variable(skip(rest, 1)) {
                Some(after) if !is_alias => after,
                Some(_) | None => return false,
            },
            b'`' if is_alias => {
                is_alias = false;
                let (name, after) = word(skip(rest, 1));
                match after.strip_prefix(b"`") {
                    Some(after) if !name.is_empty() => after,
                    Some(_) | None => return false,
                }
            }
            _ if is_word(first) => {
                let (name, after) = word(rest);
                let called = after.strip_prefix(b"(");
                match called {
                    Some(after) if !is_alias && is_one_of(&FUNCTIONS, name) => after,
                    Some(_) => return false,
                    None if is_alias => {
                        is_alias = false;
                        after
                    }
                    None if is_one_of(&WORDS, name) => {
                        is_alias = name.eq_ignore_ascii_case(b"AS");
                        after
                    }
                    None => return false,
                }
            }
            _ => return false,
        };
    }
    true
}

/// What follows the variable that stands behind the first `@`.
fn variable(text: &[u8]) -> Option<&[u8]> {
    let (name, after) = match text.strip_prefix(b"@") {
        None => word(text),
        Some(system) => {
            let (scope, after) = word(system);
            match after.strip_prefix(b".") {
                Some(after) if is_one_of(&SCOPES, scope) => word(after),
                Some(_) => return None,
                None => (scope, after),
            }
        }
    };
    let is_known = match text.starts_with(b"@") {
        true => is_one_of(&VARIABLES, name),
        false => !name.is_empty(),
    };
    // A name goes on behind these.
    let ends = !matches!(after.first(), Some(b'.' | b'$' | b'@' | b'('));
    (is_known && ends).then_some(after)
}

/// The letters, digits and underscores in front, and what follows.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !is_word(*byte));
    text.split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, b""))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn skip(text: &[u8], count: usize) -> &[u8] {
    text.get(count..).unwrap_or_default()
}

fn is_one_of(list: &[&str], name: &[u8]) -> bool {
    let mut list = list.iter();
    list.any(|one| one.as_bytes().eq_ignore_ascii_case(name))
}

/// None that is asked is longer.
const BYTES_MAX: usize = 1024;

const WORDS: [&str; 10] = [
    "SELECT", "SHOW", "WARNINGS", "ERRORS", "LIMIT", "OFFSET", "AS", "INTO", "SET", "NULL",
];

/// Of both servers' own; no routine is found under these names in front of a `(`.
const FUNCTIONS: [&str; 6] = [
    "COUNT",
    "ROW_COUNT",
    "FOUND_ROWS",
    "LAST_INSERT_ID",
    "IF",
    "IFNULL",
];

const VARIABLES: [&str; 4] = ["warning_count", "error_count", "identity", "last_insert_id"];

const SCOPES: [&str; 2] = ["session", "local"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_the_statement_before_mean_the_same_anywhere() {
        for text in [
            "SHOW WARNINGS",
            "show warnings limit 5, 10;",
            "SHOW ERRORS LIMIT 5 OFFSET 1",
            "SHOW COUNT(*) WARNINGS",
            "SELECT @@warning_count, @@session.error_count AS errors",
            "SELECT ROW_COUNT()",
            "SELECT\n\tFOUND_ROWS() AS `n`, LAST_INSERT_ID(), @@identity ; ",
            "SET @n = ROW_COUNT(), @found = FOUND_ROWS()",
            "SELECT ROW_COUNT() INTO @n",
            "SELECT IF(ROW_COUNT() > 0, 1, NULL) AS from",
        ] {
            assert!(is_stateless(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn nothing_else_does() {
        for text in [
            // Names.
            "SELECT ROW_COUNT() FROM t",
            "SELECT ROW_COUNT() AS x FROM t",
            "SELECT a",
            "SELECT ROW_COUNT() AS x y",
            "TABLE t",
            "SHOW TABLES",
            "CALL p()",
            "SELECT f()",
            "SELECT ROW_COUNT() AS f()",
            "SELECT shop.row_count()",
            "EXECUTE s",
            "SELECT `ROW_COUNT`()",
            "SELECT `a`",
            "SELECT 1e5",
            "SELECT 1a",
            "SELECT 1.5",
            // Other variables.
            "SELECT @@sql_mode",
            "SET @@sql_mode = 1",
            "SET sql_mode = 1",
            "SET NAMES latin1",
            "SELECT @@global.warning_count",
            "SELECT @@shop.warning_count",
            "SELECT @@warning_count.x",
            "SELECT @",
            "SELECT @@",
            "SELECT @a.b",
            "SELECT @'a'",
            "SELECT @`a`",
            // What modes and character sets change.
            "SELECT ROW_COUNT ()",
            "SELECT COUNT (*)",
            "SELECT \"a\"",
            "SELECT 'a'",
            "SELECT ROW_COUNT() || 1",
            "SELECT NOT ROW_COUNT()",
            "SELECT !ROW_COUNT()",
            "SELECT ROW_COUNT() -- 1",
            "SELECT ROW_COUNT() # 1",
            "SELECT /*! 1 */ ROW_COUNT()",
            "SELECT ROW_COUNT() AS `a``b`",
            "SELECT ROW_COUNT() AS `a",
            "SELECT ROW_COUNT() AS ``",
            "SELECT ROW_COUNT() AS @a",
            "SHOW WARNINGS\\G",
            "SHOW WARNINGS; SHOW ERRORS",
            "SHOW WARNINGS;;",
            "SELECT ?",
            "SELECT \u{a0}1",
            "SELECT ROW_COUNT() AS é",
        ] {
            assert!(!is_stateless(text.as_bytes()), "{text}");
        }
        assert!(!is_stateless(&b"SELECT 1,".repeat(200)));
        assert!(!is_stateless(b"SELECT \xff"));
        assert!(!is_stateless(b"SELECT \0 1"));
    }
}
