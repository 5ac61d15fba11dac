//! The shape of a temporary table, from what the server shows of it by SHOW CREATE TABLE.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::catalog::Column;
use crate::catalog::Index;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::lex::LexContext;
use crate::lex::ReadLimits;
use crate::lex::Reading;
use crate::lex::lex;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::session::SessionContext;

/// The table that the text `CREATE TEMPORARY TABLE …` of the server describes; `None` if it is
/// another text, or one that is not surely understood.
///
/// Only what facts hang on is read. What is not, is taken to be the worst: any write may meet a key
/// or a CHECK, and a generated column is computed from all others.
#[must_use]
pub fn temporary(shown: &[u8], session: &SessionContext) -> Option<Table> {
    let context = LexContext::of(session, &ReadLimits::default());
    let lexed = lex(shown, &context, Reading::WithText).ok()?;
    let mut columns = Vec::new();
    for item in items(&lexed.tokens)? {
        match item.first().map(|token| &token.kind) {
            Some(TokenKind::QuotedIdentifier(name)) => columns.push(column(name, item)?),
            Some(TokenKind::Word(word)) if is_key(word) => {}
            _ => return None,
        }
    }
    let names: Vec<String> = columns
        .iter()
        .map(|column| format!("`{}`", column.name.as_str().replace('`', "``")))
        .collect();
    let all: Arc<str> = Arc::from(names.join(" + "));
    for column in &mut columns {
        for expression in [&mut column.generated, &mut column.default] {
            if expression.is_some() {
                *expression = Some(Arc::clone(&all));
            }
        }
    }
    (!columns.is_empty()).then(|| Table {
        kind: TableKind::Plain,
        columns,
        indexes: vec![Index {
            name: String::new(),
            unique: true,
            columns: vec![None],
        }],
        foreign_keys: Vec::new(),
        check_columns: None,
        partition_columns: Some(BTreeSet::new()),
        has_triggers: false,
    })
}

/// What stands between the commas of `CREATE TEMPORARY TABLE name ( … )`.
fn items<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<Vec<&'t [Token<'a>]>> {
    let [create, temporary, table, name, open, rest @ ..] = tokens else {
        return None;
    };
    let begins = is_word(create, "CREATE")
        && is_word(temporary, "TEMPORARY")
        && is_word(table, "TABLE")
        && matches!(name.kind, TokenKind::QuotedIdentifier(_))
        && is_symbol(open, Symbol::LeftParenthesis);
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (index, token) in rest.iter().enumerate().filter(|_| begins) {
        if is_symbol(token, Symbol::LeftParenthesis) {
            depth += 1;
        } else if depth == 0 && is_symbol(token, Symbol::RightParenthesis) {
            items.push(rest.get(start..index)?);
            return Some(items);
        } else if is_symbol(token, Symbol::RightParenthesis) {
            depth -= 1;
        } else if depth == 0 && is_symbol(token, Symbol::Comma) {
            items.push(rest.get(start..index)?);
            start = index + 1;
        }
    }
    None
}

fn column(name: &str, item: &[Token<'_>]) -> Option<Column> {
    let Some(TokenKind::Word(data_type)) = item.get(1).map(|token| &token.kind) else {
        return None;
    };
    let has = |word| item.iter().any(|token| is_word(token, word));
    let follow = |pair: &[Token<'_>], first, second| matches!(pair, [a, b] if is_word(a, first) && is_word(b, second));
    Some(Column {
        name: ColumnName::parse(name)?,
        data_type: data_type.to_ascii_lowercase(),
        charset: None,
        invisible: has("INVISIBLE"),
        generated: (has("GENERATED") || has("AS")).then(|| Arc::from("")),
        on_update: item.windows(2).any(|pair| follow(pair, "ON", "UPDATE")),
        has_default: has("DEFAULT"),
        default: has_default_expression(item).then(|| Arc::from("")),
        auto_increment: has("AUTO_INCREMENT"),
        fresh_when_absent: true,
    })
}

/// Whether its default is anything but a literal, NULL or the time.
fn has_default_expression(item: &[Token<'_>]) -> bool {
    let mut pairs = item.windows(2);
    pairs.any(|pair| {
        let [default, value] = pair else {
            return false;
        };
        let is_plain = match &value.kind {
            TokenKind::String { .. }
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_) => true,
            TokenKind::Word(word) => ["NULL", "CURRENT_TIMESTAMP"]
                .iter()
                .any(|plain| word.eq_ignore_ascii_case(plain)),
            TokenKind::Raw(_)
            | TokenKind::QuotedIdentifier(_)
            | TokenKind::Parameter
            | TokenKind::UserVariable(_)
            | TokenKind::SystemVariable
            | TokenKind::Symbol(_) => false,
        };
        is_word(default, "DEFAULT") && !is_plain
    })
}

/// The words that begin what is no column.
fn is_key(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "PRIMARY",
        "UNIQUE",
        "KEY",
        "INDEX",
        "FULLTEXT",
        "SPATIAL",
        "CONSTRAINT",
        "CHECK",
        "FOREIGN",
    ];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn is_word(token: &Token<'_>, word: &str) -> bool {
    matches!(token.kind, TokenKind::Word(w) if w.eq_ignore_ascii_case(word))
}

fn is_symbol(token: &Token<'_>, symbol: Symbol) -> bool {
    token.kind == TokenKind::Symbol(symbol)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Server;
    use crate::session::PreparedTexts;
    use crate::session::TemporaryTables;
    use crate::sql_mode::SqlMode;

    fn shape(sql_mode: SqlMode, shown: &str) -> Option<Vec<String>> {
        let session = SessionContext {
            server: Server::parse("9.7.4").unwrap(),
            sql_mode,
            client_charset: crate::charset::ClientCharset::Utf8mb4,
            connection_charset: crate::charset::ClientCharset::Utf8mb4,
            results_charset: Default::default(),
            default_schema: None,
            temporary: TemporaryTables::default(),
            prepared: PreparedTexts::default(),
            multi_statements: false,
        };
        let table = temporary(shown.as_bytes(), &session)?;
        let words = |column: &Column| {
            let marks = [
                (column.invisible, " invisible"),
                (column.generated.is_some(), " generated"),
                (column.on_update, " on update"),
                (column.has_default, " default"),
                (column.default.is_some(), " computed"),
                (column.auto_increment, " numbered"),
            ];
            let marks = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark);
            let mut text = format!("{} {}", column.name, column.data_type);
            text.extend(marks);
            text
        };
        Some(table.columns.iter().map(words).collect())
    }

    #[test]
    fn reads_what_servers_show() {
        let shown = "CREATE TEMPORARY TABLE `scratch` (\n  `id` int NOT NULL,\n  `b` varchar(10) \
            CHARACTER SET latin1 DEFAULT NULL COMMENT 'a,\\n`b',\n  `c\nd``` double(10,2) unsigned,\n  \
            `t` int GENERATED ALWAYS AS ((`id` * 2)) VIRTUAL,\n  `inv` int DEFAULT NULL \
            /*!80023 INVISIBLE */,\n  `e` enum('a\\nb','c'),\n  `ts` timestamp NULL ON UPDATE \
            CURRENT_TIMESTAMP,\n  PRIMARY KEY (`id`),\n  CONSTRAINT `k` CHECK ((`id` > 0))\n) \
            ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
        let expected = [
            "id int",
            "b varchar default",
            "c\nd` double",
            "t int generated",
            "inv int invisible default",
            "e enum",
            "ts timestamp on update",
        ];
        assert_eq!(shape(SqlMode::empty(), shown).unwrap(), expected);
        let quoted = "CREATE TEMPORARY TABLE \"s\" (\n  \"x\" int(11) DEFAULT NULL\n) ENGINE=Aria";
        assert_eq!(
            shape(SqlMode::ANSI_QUOTES, quoted).unwrap(),
            ["x int default"]
        );
    }

    #[test]
    fn tells_a_default_that_is_computed_from_one_that_stands_there() {
        let shown = "CREATE TEMPORARY TABLE `s` (\n  `n` int NOT NULL AUTO_INCREMENT,\n  \
            `a` int DEFAULT (length(`n`)),\n  `b` int DEFAULT octet_length(`n`),\n  `c` int DEFAULT -1,\n  \
            `d` int DEFAULT '7',\n  `e` datetime DEFAULT CURRENT_TIMESTAMP,\n  `f` bit(1) DEFAULT b'1',\n  \
            `g` int DEFAULT `n`\n)";
        let expected = [
            "n int numbered",
            "a int default computed",
            "b int default computed",
            // A sign is taken for an expression.
            "c int default computed",
            "d int default",
            "e datetime default",
            "f bit default",
            "g int default computed",
        ];
        assert_eq!(shape(SqlMode::empty(), shown).unwrap(), expected);
    }

    #[test]
    fn takes_nothing_else() {
        for shown in [
            "",
            "CREATE TABLE `t` (`a` int)",
            "CREATE TEMPORARY TABLE t (`a` int)",
            "CREATE TEMPORARY TABLE `t` (a int)",
            "CREATE TEMPORARY TABLE `t` (`a` 'int')",
            "CREATE TEMPORARY TABLE `t` (`a` int",
            "CREATE TEMPORARY TABLE `t` ()",
            "CREATE TEMPORARY TABLE `t` (`a` int,)",
            "CREATE TEMPORARY TABLE `t` (PRIMARY KEY (`a`))",
        ] {
            assert_eq!(shape(SqlMode::empty(), shown), None, "{shown}");
        }
    }
}
