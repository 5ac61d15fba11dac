//! Names of schemas, tables and columns, compared the way the server compares them.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How a target compares schema and table names (`lower_case_table_names`).
///
/// Source: MySQL manual, "Identifier Case Sensitivity".
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the server has exactly these two ways to compare"
)]
pub enum TableNameCase {
    /// `0`: compared byte for byte.
    #[default]
    Sensitive,
    /// `1` or `2`: compared without regard to case.
    Insensitive,
}

impl TableNameCase {
    /// Brings a schema, table or alias name into the one form in which it is compared.
    #[must_use]
    pub fn fold(self, name: &str) -> Arc<str> {
        match self {
            Self::Sensitive => Arc::from(name),
            Self::Insensitive => Arc::from(lower_case(name)),
        }
    }
}

/// Letters outside ASCII that both servers fold in names as Unicode does; others, such as those that
/// Unicode gained later, they keep as they are or disagree about. Tried letter by letter on MySQL 9.7
/// and MariaDB 10.11.
const FOLDED: [RangeInclusive<char>; 12] = [
    // Latin.
    '\u{c0}'..='\u{17f}',
    '\u{19f}'..='\u{21f}',
    '\u{1e00}'..='\u{1e95}',
    '\u{1ea0}'..='\u{1ef9}',
    // Greek.
    '\u{386}'..='\u{3ce}',
    '\u{1f00}'..='\u{1ffc}',
    // Cyrillic.
    '\u{400}'..='\u{481}',
    '\u{48c}'..='\u{4bf}',
    '\u{4d0}'..='\u{4f5}',
    '\u{4f8}'..='\u{4f9}',
    // Armenian.
    '\u{531}'..='\u{587}',
    // As wide as a Chinese character.
    '\u{ff21}'..='\u{ff5a}',
];

/// A name in lower case, letter by letter as servers do it: a sigma does not become another one at the
/// end of a word.
pub(crate) fn lower_case(name: &str) -> String {
    name.chars().map(lower).collect()
}

fn lower(c: char) -> char {
    let mut letters = c.to_lowercase();
    match (letters.next(), letters.next()) {
        (Some(lower), None) if c.is_ascii() || FOLDED.iter().any(|range| range.contains(&c)) => {
            lower
        }
        (_, _) => c,
    }
}

/// A table, view or other named object in a schema, both names already folded.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TableId {
    schema: Arc<str>,
    table: Arc<str>,
}

impl TableId {
    /// Takes two names which [`TableNameCase::fold`] has folded.
    #[must_use]
    pub fn new(schema: Arc<str>, table: Arc<str>) -> Self {
        Self { schema, table }
    }

    /// The schema's name.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The table's name without its schema.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.table)
    }
}

impl fmt::Debug for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A column's name in the one form in which it is compared: lower case.
///
/// Servers compare column names without regard to case. A name with a character outside ASCII
/// that folds to an ASCII one, or that servers fold otherwise than Unicode, never gets here: [`ColumnName::parse`] refuses it.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ColumnName(Arc<str>);

impl ColumnName {
    /// Folds a column name or alias.
    ///
    /// Gives `None` for a name that servers may fold differently from us: one that holds a
    /// character outside ASCII whose lower, upper or folded case is ASCII (U+0130 for `i`,
    /// U+212A for `k`, U+017F for `s`), or a capital that not both servers know.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if !name.is_ascii() {
            return Self::parse_unicode(name);
        }
        Some(Self(
            if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                Arc::from(name.to_ascii_lowercase())
            } else {
                Arc::from(name)
            },
        ))
    }

    /// Whether a name gets here: see [`parse`](Self::parse).
    #[must_use]
    pub(crate) fn is_name(name: &str) -> bool {
        name.is_ascii() || Self::parse_unicode(name).is_some()
    }

    fn parse_unicode(name: &str) -> Option<Self> {
        // Upper case of several letters (`ß` to `SS`) is no folding that servers do to names.
        let folds_to_ascii = |c: char| {
            let mut upper = c.to_uppercase();
            !c.is_ascii()
                && (c.to_lowercase().any(|l| l.is_ascii())
                    || (upper.len() == 1 && upper.any(|u| u.is_ascii())))
        };
        let is_doubtful =
            |c: char| folds_to_ascii(c) || (lower(c) == c && !c.to_lowercase().eq([c]));
        if name.chars().any(is_doubtful) {
            return None;
        }
        Some(Self(Arc::from(lower_case(name))))
    }

    /// The folded name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One column of one base table.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a column is named by exactly these two"
)]
pub struct ColumnId {
    /// The base table.
    pub table: TableId,
    /// The column.
    pub column: ColumnName,
}

impl fmt::Display for ColumnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.table, self.column)
    }
}

impl fmt::Debug for ColumnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_letters_that_servers_fold_to_ascii() {
        assert_eq!(ColumnName::parse("ema\u{130}l"), None);
        assert_eq!(ColumnName::parse("\u{212a}ey"), None);
        assert_eq!(ColumnName::parse("\u{17f}sn"), None);
        assert_eq!(ColumnName::parse("SSN"), ColumnName::parse("ssn"));
        assert!(ColumnName::parse("größe").is_some());
    }

    #[test]
    fn folds_letter_by_letter() {
        for (upper, lower) in [
            ("ΚΩΔΙΚΌΣ", "κωδικόσ"),
            ("GRÖẞE".trim_end_matches("ẞE"), "grö"),
            ("ИМЯ", "имя"),
            ("ƠN ƯNG Ế", "ơn ưng ế"),
            ("ՀԱՅ", "հայ"),
            ("Ｔ１", "ｔ１"),
            ("ᾍ", "ᾅ"),
            ("ǅ", "ǆ"),
        ] {
            assert_eq!(
                ColumnName::parse(upper),
                ColumnName::parse(lower),
                "{upper}"
            );
            assert_eq!(ColumnName::parse(upper).unwrap().as_str(), lower);
            assert_eq!(&*TableNameCase::Insensitive.fold(upper), lower);
        }
        // Another letter than the sigma within a word.
        assert_ne!(ColumnName::parse("ΚΩΔΙΚΌΣ"), ColumnName::parse("κωδικός"));
    }

    #[test]
    fn refuses_capitals_that_servers_do_not_know() {
        for name in [
            "ẞ", "Ⱥ", "Ͱ", "ϴ", "Ӏ", "\u{2126}", "\u{212b}", "\u{10a0}", "\u{1c90}", "\u{13a0}",
        ] {
            assert_eq!(ColumnName::parse(name), None, "{name}");
            assert_eq!(
                &*TableNameCase::Insensitive.fold(name),
                name,
                "not folded by servers"
            );
        }
        for name in ["ß", "å", "θ", "ω", "\u{10d0}", "名前", "حساب"] {
            assert_eq!(ColumnName::parse(name).unwrap().as_str(), name);
        }
    }
}
