//! The refusal of a text that was not understood, with its place and with names that may be meant.
//!
//! Of the text only words are repeated, never values. Names are suggested only of tables that some
//! rule lets the role touch: the same that SHOW TABLES would name to it.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::catalog::Table;
use crate::decide::coverage;
use crate::decide::refuse;
use crate::decide::words;
use crate::decision::Denial;
use crate::name::TableId;
use crate::policy::set::PolicySet;
use crate::policy::set::RoleId;
use crate::policy::table::nearest;
use crate::session::SessionContext;
use crate::unread::Unread;

/// Where a text was read, and for whom.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller")]
pub struct Misread<'a> {
    /// The policy.
    pub policy: &'a PolicySet,
    /// The session's role.
    pub role: &'a RoleId,
    /// The state of the session.
    pub session: &'a SessionContext,
    /// What the target holds.
    pub catalog: &'a Catalog,
    /// The whole text.
    pub text: &'a [u8],
}

impl Misread<'_> {
    /// The refusal: [`refuse`] with the place in the text and the names that may be meant.
    #[must_use]
    pub fn refuse(&self, unread: &Unread) -> Denial {
        let mut denial = refuse(unread);
        match unread {
            Unread::Lex { at, what } => {
                denial.what = format!(
                    "the statement cannot be read at {}: {what}",
                    self.place(*at)
                );
                CHECK_QUOTES.clone_into(&mut denial.next);
            }
            Unread::Syntax { at, what } => {
                let word = self.word_at(*at);
                let shown = match word {
                    Some(word) => format!(", at `{word}`"),
                    None if *at >= self.text.trim_ascii_end().len() => ", at its end".to_owned(),
                    None => String::new(),
                };
                let place = self.place(*at);
                denial.what =
                    format!("the statement is not understood near {place}{shown}: {what}");
                denial.next = match word.and_then(keyword) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => CHECK_WORDS.to_owned(),
                };
            }
            Unread::UnknownName { what, name } => self.name(&mut denial, what, name),
            Unread::Unsupported { .. }
            | Unread::Limit { .. }
            | Unread::AmbiguousComment
            | Unread::Several
            | Unread::Empty => {}
        }
        denial
    }

    fn name(&self, denial: &mut Denial, what: &str, name: &str) {
        let (qualifier, last) = match name.rsplit_once('.') {
            Some((qualifier, last)) => (Some(qualifier), last),
            None => (None, name),
        };
        let shown = words::shorten(name.to_owned(), NAME_BYTES_MAX);
        let near = match what {
            _ if self.catalog.tables.is_empty()
                && !matches!(what, "function" | "prepared statement") =>
            {
                denial.what = format!("unknown {what} `{shown}`: no table of the target is known");
                NOTHING_KNOWN.clone_into(&mut denial.next);
                None
            }
            "default schema for table" => {
                denial.what = format!("no database is selected for table `{shown}`");
                NO_DATABASE.clone_into(&mut denial.next);
                self.near_table(name)
            }
            AMBIGUOUS => {
                denial.what = format!("column `{shown}` stands in more than one table");
                denial.next = format!("write it with the table's name or alias, as in `t.{last}`");
                None
            }
            "column" => {
                let columns = self.columns();
                if let (Some(qualifier), true) = (qualifier, columns.contains(last)) {
                    let qualifier = words::shorten(qualifier.to_owned(), NAME_BYTES_MAX);
                    denial.next = format!("check that `{qualifier}` is a table or alias of FROM");
                    None
                } else {
                    nearest(last, columns.iter().map(String::as_str)).map(str::to_owned)
                }
            }
            "schema" => {
                let schemas: BTreeSet<&str> = self.visible().map(|(id, _)| id.schema()).collect();
                nearest(name, schemas.into_iter()).map(str::to_owned)
            }
            "table" => self.near_table(name),
            _ => None,
        };
        if let Some(near) = near {
            denial.next = format!("did you mean `{near}`? {}", denial.next);
        }
    }

    /// The tables that the role may touch.
    fn visible(&self) -> impl Iterator<Item = (&TableId, &Table)> {
        let role = self.policy.role(self.role);
        let case = self.catalog.table_name_case;
        let tables = self.catalog.tables.iter();
        tables
            .filter(move |(id, _)| role.is_some_and(|role| coverage::touches(role, id, case)))
            .map(|(id, table)| (id, table.as_ref()))
    }

    fn near_table(&self, name: &str) -> Option<String> {
        let own = self.session.default_schema.as_deref();
        let whole = match (name.contains('.'), own) {
            (true, _) => Some(name.to_owned()),
            (false, Some(schema)) => Some(format!("{schema}.{name}")),
            (false, None) => None,
        };
        let likely = self.visible().filter(|(id, _)| {
            let length = id.table().len();
            let wanted = name.rsplit('.').next().unwrap_or(name).len();
            length.abs_diff(wanted) <= LETTERS_APART_MAX
        });
        let names: Vec<(String, &str)> = likely
            .take(CANDIDATES_MAX)
            .map(|(id, _)| (id.to_string(), id.table()))
            .collect();
        let near = whole.and_then(|whole| {
            let names = names.iter().map(|(whole, _)| whole.as_str());
            nearest(&whole, names).map(str::to_owned)
        });
        // The name is right, and stands in another schema.
        near.or_else(|| {
            let last = name.rsplit('.').next().unwrap_or(name);
            let mut same = names
                .iter()
                .filter(|(_, table)| table.eq_ignore_ascii_case(last));
            same.next().map(|(whole, _)| whole.clone())
        })
    }

    /// The columns of tables whose names stand in the text.
    fn columns(&self) -> BTreeSet<String> {
        let text = self.text.get(..SEARCHED_BYTES_MAX).unwrap_or(self.text);
        let words: BTreeSet<String> = text
            .split(|byte| !is_word(*byte))
            .map(|word| String::from_utf8_lossy(word).to_lowercase())
            .collect();
        let named = self
            .visible()
            .filter(|(id, _)| words.contains(&id.table().to_lowercase()));
        named
            .flat_map(|(_, table)| &table.columns)
            .take(CANDIDATES_MAX)
            .map(|column| column.name.as_str().to_owned())
            .collect()
    }

    /// `byte 17`, and in a text of several lines line and column.
    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let lines = before.split(|byte| *byte == b'\n').count();
        if !self.text.contains(&b'\n') {
            return format!("byte {at}");
        }
        let line = before
            .rsplit(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        // Bytes that go on with a character do not begin a column.
        let letters = line.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        format!("byte {at} (line {lines}, column {})", letters + 1)
    }

    /// The word that stands there, if it is one: a value is not repeated.
    fn word_at(&self, at: usize) -> Option<&str> {
        let rest = self.text.get(at..)?;
        let end = rest.iter().position(|byte| !is_word(*byte));
        let word = rest.get(..end.unwrap_or(rest.len()))?;
        let begins_as_name = word.first().is_some_and(|byte| !byte.is_ascii_digit());
        let is_value = matches!(rest.get(word.len()), Some(b'\'' | b'"'));
        (begins_as_name && !is_value && word.len() <= NAME_BYTES_MAX)
            .then(|| str::from_utf8(word).ok())
            .flatten()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// The keyword that is likely meant by a word that is none.
fn keyword(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_uppercase();
    if KEYWORDS.contains(&word.as_str()) {
        return None;
    }
    nearest(&word, KEYWORDS.into_iter())
}

/// What the facts call a name that several tables have.
const AMBIGUOUS: &str = "column (it stands in more than one table)";
const CHECK_QUOTES: &str = "check the quotes and comments there";
const CHECK_WORDS: &str = "check the words there, or write it in a simpler form";
const NO_DATABASE: &str = "USE one first, or write the table as `schema.table`";
const NOTHING_KNOWN: &str = "try again in a moment; if it stays so, tell whoever keeps the gateway";
const NAME_BYTES_MAX: usize = 60;
const LETTERS_APART_MAX: usize = 2;
const CANDIDATES_MAX: usize = 5_000;
const SEARCHED_BYTES_MAX: usize = 16 * 1024;
const KEYWORDS: [&str; 36] = [
    "SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "UNION", "INSERT",
    "INTO", "VALUES", "UPDATE", "DELETE", "REPLACE", "CREATE", "ALTER", "DROP", "TABLE", "INDEX",
    "VIEW", "DATABASE", "JOIN", "INNER", "LEFT", "RIGHT", "BETWEEN", "LIKE", "EXISTS", "DISTINCT",
    "EXPLAIN", "DESCRIBE", "SHOW", "ROLLBACK", "COMMIT", "BEGIN",
];

#[cfg(test)]
mod tests;
