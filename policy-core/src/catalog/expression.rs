//! Which columns the expressions of a table's definition name, as the server prints them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Column;
use super::Table;
use crate::charset::ClientCharset;
use crate::lex::LexContext;
use crate::lex::ReadLimits;
use crate::lex::Reading;
use crate::lex::lex;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::server::Server;
use crate::sql_mode::SqlMode;

impl Table {
    /// The columns that an expression names; `None` when it cannot be read, or quotes a name that is none of them.
    ///
    /// A word that merely looks like a column is counted as one: too many columns protect too much,
    /// too few would leak.
    #[must_use]
    pub fn columns_named(&self, expression: &str, server: Server) -> Option<BTreeSet<ColumnName>> {
        let context = LexContext {
            server,
            sql_mode: SqlMode::empty(),
            charset: ClientCharset::Utf8mb4,
            limits: ReadLimits::default(),
        };
        let column = |name: &str| {
            let name = ColumnName::parse(name)?;
            let is_own = self.columns.iter().any(|column| column.name == name);
            is_own.then_some(name)
        };
        let lexed = lex(expression.as_bytes(), &context, Reading::WithText).ok()?;
        if lexed.ambiguous {
            return None;
        }
        let mut found = BTreeSet::new();
        for token in lexed.tokens {
            match token.kind {
                TokenKind::Word(word) => found.extend(column(word)),
                TokenKind::QuotedIdentifier(name) => found.extend(Some(column(&name)?)),
                TokenKind::Raw(_) => return None,
                TokenKind::String { .. }
                | TokenKind::Integer(_)
                | TokenKind::Decimal(_)
                | TokenKind::Hex(_)
                | TokenKind::Bit(_)
                | TokenKind::Parameter
                | TokenKind::UserVariable(_)
                | TokenKind::SystemVariable
                | TokenKind::Symbol(_) => {}
            }
        }
        Some(found)
    }

    /// The columns that a column is computed from, or its default, by way of others too; none for one that
    /// is stored as it is. What cannot be read may be computed from any.
    #[must_use]
    pub fn computed_from(&self, column: &ColumnName, server: Server) -> BTreeSet<ColumnName> {
        self.sources(column, server, Column::expression)
    }

    /// The same without defaults: what a generated column always holds.
    #[must_use]
    pub fn generated_from(&self, column: &ColumnName, server: Server) -> BTreeSet<ColumnName> {
        self.sources(column, server, |column| column.generated.as_ref())
    }

    fn sources(
        &self,
        column: &ColumnName,
        server: Server,
        expression: fn(&Column) -> Option<&Arc<str>>,
    ) -> BTreeSet<ColumnName> {
        let mut found = BTreeSet::new();
        let mut open = vec![column.clone()];
        while let Some(name) = open.pop() {
            let mut columns = self.columns.iter();
            let computed = columns.find(|column| column.name == name);
            let Some(expression) = computed.and_then(expression) else {
                continue;
            };
            let named = self.columns_named(expression, server);
            for name in named.unwrap_or_else(|| self.column_names().collect()) {
                if found.insert(name.clone()) {
                    open.push(name);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::ServerKind;

    const MARIADB: Server = Server {
        kind: ServerKind::MariaDb,
        version: (10, 11, 0),
    };

    fn table(columns: &[(&str, Option<&str>)]) -> Table {
        let column = |(name, generated): &(&str, Option<&str>)| Column {
            name: ColumnName::parse(name).unwrap(),
            data_type: "int".to_owned(),
            charset: None,
            invisible: false,
            generated: generated.map(Arc::from),
            on_update: false,
            has_default: false,
            default: None,
            auto_increment: false,
            fresh_when_absent: false,
        };
        Table {
            columns: columns.iter().map(column).collect(),
            ..Table::default()
        }
    }

    fn shown(names: BTreeSet<ColumnName>) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn named(expression: &str) -> Option<Vec<String>> {
        let columns = ["a", "email", "note", "total", "my col"].map(|name| (name, None));
        table(&columns)
            .columns_named(expression, MARIADB)
            .map(shown)
    }

    #[test]
    fn names_of_columns_are_found_and_no_others() {
        let rows = [
            ("lcase(`email`)", vec!["email"]),
            ("char_length(`note`) < `total`", vec!["note", "total"]),
            ("`a`,`Note`", vec!["a", "note"]),
            ("concat('it\\'s \\\\ `email`',`A`,'q')", vec!["a"]),
            ("concat('note',`my col`)", vec!["my col"]),
            ("total * 2", vec!["total"]),
            ("total_a + email$", vec![]),
            ("1", vec![]),
        ];
        for (expression, expected) in rows {
            assert_eq!(named(expression).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for expression in ["`a", "'a", "/*!99999 `a` */ 1", "`a`,`b`", "`grÃ¶`"] {
            assert_eq!(named(expression), None, "{expression}");
        }
    }

    #[test]
    fn what_a_column_is_computed_from_is_followed_to_its_end() {
        let table = table(&[
            ("a", None),
            ("b", Some("`a` + 1")),
            ("c", Some("`b` + `c`")),
            ("d", Some("`unknown`")),
            ("e", Some("`d`")),
        ]);
        let sources = |name: &str| {
            let name = ColumnName::parse(name).unwrap();
            shown(table.generated_from(&name, MARIADB))
        };
        assert_eq!(sources("a"), Vec::<String>::new());
        assert_eq!(sources("b"), ["a"]);
        assert_eq!(sources("c"), ["a", "b", "c"]);
        for any in ["d", "e"] {
            assert_eq!(sources(any), ["a", "b", "c", "d", "e"]);
        }
    }
}
