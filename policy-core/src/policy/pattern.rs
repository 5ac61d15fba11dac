//! Patterns over names: `schema.table`, `schema.*`, `*.*.column`.

use std::fmt;
use std::sync::Arc;

use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::name::TableNameCase;

/// One part of a pattern: a whole name, or `*` for any.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Any,
    /// Kept in both forms: which one counts is known only with the target.
    Name {
        written: Arc<str>,
        lower: Arc<str>,
    },
}

impl Part {
    fn new(text: &str, quoted: bool) -> Self {
        if text == "*" && !quoted {
            return Self::Any;
        }
        Self::Name {
            written: TableNameCase::Sensitive.fold(text),
            lower: TableNameCase::Insensitive.fold(text),
        }
    }

    fn matches(&self, name: &str, case: TableNameCase) -> bool {
        match (self, case) {
            (Self::Any, _) => true,
            (Self::Name { written, .. }, TableNameCase::Sensitive) => **written == *name,
            (Self::Name { lower, .. }, TableNameCase::Insensitive) => **lower == *name,
        }
    }

    fn may_be(&self, name: &str) -> bool {
        let Self::Name { written, .. } = self else {
            return true;
        };
        let alike = |(one, other): (char, char)| {
            !one.is_ascii() || !other.is_ascii() || one.eq_ignore_ascii_case(&other)
        };
        written.chars().count() == name.chars().count()
            && written.chars().zip(name.chars()).all(alike)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Name { written, .. } if written.contains(['.', '`', '*']) => {
                write!(f, "`{}`", written.replace('`', "``"))
            }
            Self::Name { written, .. } => f.write_str(written),
        }
    }
}

/// Tables, views or routines: `schema.name`, where each part may be `*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ObjectPattern {
    schema: Part,
    name: Part,
}

impl ObjectPattern {
    /// Reads `schema.name`; a part with a dot in it stands in backticks.
    ///
    /// # Errors
    ///
    /// In words, when it is not exactly two parts.
    pub fn parse(text: &str) -> Result<Self, String> {
        let [schema, name] = <[Part; 2]>::try_from(parts(text)?)
            .map_err(|_| format!("`{text}` is not `schema.table` (each may be `*`)"))?;
        Ok(Self { schema, name })
    }

    /// Whether it means that object. A schema as a whole (an empty table name) is meant only by `*`.
    #[must_use]
    pub fn matches(&self, object: &TableId, case: TableNameCase) -> bool {
        self.schema.matches(object.schema(), case) && self.name.matches(object.table(), case)
    }

    /// Whether it means anything in that schema.
    #[must_use]
    pub fn reaches_schema(&self, schema: &str, case: TableNameCase) -> bool {
        self.schema.matches(schema, case)
    }

    /// Whether it names one object, without `*`.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.schema != Part::Any && self.name != Part::Any
    }

    /// Whether it is `*.*`.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.schema == Part::Any && self.name == Part::Any
    }

    /// Whether a server may find that stored program under the name that stands here: servers look for
    /// routines, triggers and events without regard to case and accents. A letter outside ASCII is taken for
    /// any letter, so this serves to hold back, never to let through.
    #[must_use]
    pub fn may_name_program(&self, program: &TableId, case: TableNameCase) -> bool {
        self.schema.matches(program.schema(), case) && self.name.may_be(program.table())
    }

    /// As [`matches`](Self::matches), for routines, whose own names never distinguish case.
    #[must_use]
    pub fn names_routine(&self, routine: &TableId, case: TableNameCase) -> bool {
        self.is_exact()
            && self.schema.matches(routine.schema(), case)
            && self
                .name
                .matches(&routine.table().to_lowercase(), TableNameCase::Insensitive)
    }
}

impl fmt::Display for ObjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// Columns: `schema.table.column`, where schema and table may be `*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ColumnPattern {
    table: ObjectPattern,
    /// `None` for every column.
    column: Option<ColumnName>,
}

impl ColumnPattern {
    /// Reads `schema.table.column`; a part with a dot in it stands in backticks.
    ///
    /// # Errors
    ///
    /// In words, when it is not exactly three parts or the column's name is one that servers fold
    /// in their own ways.
    pub fn parse(text: &str) -> Result<Self, String> {
        let [schema, name, column] = <[Part; 3]>::try_from(parts(text)?).map_err(|_| {
            format!("`{text}` is not `schema.table.column` (schema and table may be `*`)")
        })?;
        let column = match column {
            Part::Any => None,
            Part::Name { written, .. } => Some(ColumnName::parse(&written).ok_or_else(|| {
                format!("`{text}` holds a letter that servers take for an ASCII one")
            })?),
        };
        Ok(Self {
            table: ObjectPattern { schema, name },
            column,
        })
    }

    /// Whether it means that column.
    #[must_use]
    pub fn matches(&self, column: &ColumnId, case: TableNameCase) -> bool {
        self.column
            .as_ref()
            .is_none_or(|name| *name == column.column)
            && self.table.matches(&column.table, case)
    }

    /// Whether it means columns of that name, in whatever table.
    #[must_use]
    pub fn names_column(&self, column: &ColumnName) -> bool {
        self.column.as_ref().is_none_or(|name| name == column)
    }

    /// Whether it names the table without `*`.
    #[must_use]
    pub fn names_table(&self) -> bool {
        self.table.is_exact()
    }
}

impl fmt::Display for ColumnPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            None => write!(f, "{}.*", self.table),
            Some(column) => write!(f, "{}.{column}", self.table),
        }
    }
}

/// Cuts at dots outside backticks.
fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut current = String::new();
    let mut quoted = false;
    let mut was_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '`' if quoted && letters.next_if_eq(&'`').is_some() => current.push('`'),
            '`' if quoted => quoted = false,
            '`' if current.is_empty() && !was_quoted => (quoted, was_quoted) = (true, true),
            '.' if !quoted => {
                parts.push(finish_part(text, &current, was_quoted)?);
                (current, was_quoted) = (String::new(), false);
            }
            other if was_quoted && !quoted => {
                return Err(format!("`{text}`: `{other}` follows a closing backtick"));
            }
            other => current.push(other),
        }
    }
    if quoted {
        return Err(format!("{text}: a backtick is not closed"));
    }
    parts.push(finish_part(text, &current, was_quoted)?);
    Ok(parts)
}

fn finish_part(text: &str, part: &str, quoted: bool) -> Result<Part, String> {
    if part.is_empty() {
        return Err(format!("`{text}` has an empty part"));
    }
    let foreign = |c: char| c.is_whitespace() || matches!(c, '*' | '?' | '%' | '`' | '"' | '\'');
    if !quoted && part != "*" && part.contains(foreign) {
        return Err(format!(
            "`{text}`: `*` stands only for a whole part, and odd names stand in backticks"
        ));
    }
    Ok(Part::new(part, quoted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(schema: &str, table: &str) -> TableId {
        TableId::new(Arc::from(schema), Arc::from(table))
    }

    #[test]
    fn matches_whole_names_by_the_case_rule_of_the_target() {
        let pattern = ObjectPattern::parse("Shop.*").unwrap();
        assert!(pattern.matches(&object("Shop", "orders"), TableNameCase::Sensitive));
        assert!(!pattern.matches(&object("shop", "orders"), TableNameCase::Sensitive));
        assert!(pattern.matches(&object("shop", "orders"), TableNameCase::Insensitive));
        assert!(!pattern.matches(&object("shop2", "orders"), TableNameCase::Insensitive));
    }

    #[test]
    fn takes_accents_of_a_stored_program_for_nothing() {
        let check = |pattern: &str, name: &str, expected: bool| {
            let pattern = ObjectPattern::parse(pattern).unwrap();
            let found = pattern.may_name_program(&object("shop", name), TableNameCase::Sensitive);
            assert_eq!(found, expected, "{pattern} {name}");
        };
        check("shop.guard", "guard", true);
        check("shop.guard", "GUARD", true);
        check("shop.guard", "gúard", true);
        check("shop.guard", "ｇuard", true);
        check("shop.résumé", "resume", true);
        check("shop.résumé", "RESUMÉ", true);
        check("shop.*", "guard", true);
        check("shop.guard", "guards", false);
        check("shop.guard", "güardé", false);
        check("shop.guard", "quard", false);
        check("shop.résumé", "resort", false);
        check("other.guard", "guard", false);
    }

    #[test]
    fn takes_a_quoted_star_and_dot_for_letters() {
        let pattern = ObjectPattern::parse("`a.b`.`*`").unwrap();
        assert!(pattern.matches(&object("a.b", "*"), TableNameCase::Sensitive));
        assert!(!pattern.matches(&object("a.b", "t"), TableNameCase::Sensitive));
        assert_eq!(pattern.to_string(), "`a.b`.`*`");
    }

    #[test]
    fn refuses_what_is_not_a_pattern() {
        for text in [
            "shop",
            "shop.",
            ".t",
            "a.b.c",
            "shop.ord*",
            "`a",
            "`a`b.c",
            "a b.c",
        ] {
            assert!(ObjectPattern::parse(text).is_err(), "{text}");
        }
        for text in ["ssn", "*.ssn", "a.b.c.d", "*.*.\u{17f}sn"] {
            assert!(ColumnPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn compares_columns_without_regard_to_case() {
        let pattern = ColumnPattern::parse("*.*.SSN").unwrap();
        let column = ColumnId {
            table: object("hr", "people"),
            column: ColumnName::parse("ssn").unwrap(),
        };
        assert!(pattern.matches(&column, TableNameCase::Sensitive));
    }
}
