//! Which columns an expression of a definition names, as the server prints it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use policy_core::charset::ClientCharset;
use policy_core::lex::LexContext;
use policy_core::lex::ReadLimits;
use policy_core::lex::Reading;
use policy_core::lex::lex;
use policy_core::lex::token::TokenKind;
use policy_core::name::ColumnName;
use policy_core::server::Server;
use policy_core::server::ServerKind;
use policy_core::sql_mode::SqlMode;

/// The columns among `known`, which are all of its table, that the expression names; `None` when it
/// cannot be read, or quotes a name that is none of them.
///
/// A word that merely looks like a column is counted as one: too many columns protect too much,
/// too few would leak.
pub(super) fn columns_of(
    expression: &str,
    server: Server,
    known: &BTreeSet<ColumnName>,
) -> Option<BTreeSet<ColumnName>> {
    let context = LexContext {
        server,
        sql_mode: SqlMode::empty(),
        charset: ClientCharset::Utf8mb4,
        limits: ReadLimits::default(),
    };
    let column = |name: &str| ColumnName::parse(name).filter(|name| known.contains(name));
    let lexed = lex(expression.as_bytes(), &context, Reading::WithText).ok()?;
    if lexed.ambiguous {
        return None;
    }
    let mut found = BTreeSet::new();
    for token in lexed.tokens {
        match token.kind {
            TokenKind::Word(word) => found.extend(column(word)),
            TokenKind::QuotedIdentifier(name) => found.extend(Some(column(&name)?)),
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

/// Takes back the escaping that MySQL puts over expressions in `information_schema`.
///
/// MySQL stores `lower(_utf8mb4'x')` as `lower(_utf8mb4\'x\')`; MariaDB shows it as it is. A text
/// with a quote that is not escaped is not of that form and is left alone.
pub(super) fn unescape(expression: &str, kind: ServerKind) -> Cow<'_, str> {
    match kind {
        ServerKind::MariaDb => return Cow::Borrowed(expression),
        ServerKind::MySql => {}
    }
    let expression = decoded_once_more(expression);
    if !expression.contains('\\') {
        return expression;
    }
    let mut plain = String::with_capacity(expression.len());
    let mut letters = expression.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => return expression,
            '\\' => match letters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('0') => plain.push('\0'),
                Some('Z') => plain.push('\u{1a}'),
                Some(other) => plain.push(other),
                None => return expression,
            },
            _ => plain.push(letter),
        }
    }
    Cow::Owned(plain)
}

/// MySQL encodes what is not ASCII in these texts twice: each byte of its UTF-8 as if it were a character.
fn decoded_once_more(expression: &str) -> Cow<'_, str> {
    if expression.is_ascii() {
        return Cow::Borrowed(expression);
    }
    let bytes: Option<Vec<u8>> = expression.chars().map(|c| u8::try_from(c).ok()).collect();
    match bytes.map(String::from_utf8) {
        Some(Ok(text)) => Cow::Owned(text),
        Some(Err(_)) | None => Cow::Borrowed(expression),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(expression: &str, kind: ServerKind) -> Option<Vec<String>> {
        let known = ["a", "email", "note", "total"].map(|name| ColumnName::parse(name).unwrap());
        let server = Server {
            kind,
            version: (10, 11, 0),
        };
        let found = columns_of(expression, server, &known.into_iter().collect())?;
        Some(found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn names_of_columns_are_found_and_no_others() {
        let rows = [
            ("lcase(`email`)", vec!["email"]),
            ("char_length(`note`) < `total`", vec!["note", "total"]),
            ("`a`,`Note`", vec!["a", "note"]),
            ("concat('it\\'s \\\\ `email`',`A`,'q')", vec!["a"]),
            ("total * 2", vec!["total"]),
            ("1", vec![]),
        ];
        for (expression, expected) in rows {
            let found = columns(expression, ServerKind::MariaDb).unwrap();
            assert_eq!(found, expected, "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for expression in ["`a", "'a", "/*!99999 `a` */ 1", "`a`,`b`", "`grÃ¶`"] {
            assert_eq!(columns(expression, ServerKind::MySql), None, "{expression}");
        }
    }

    #[test]
    fn the_escaping_of_mysql_is_taken_back() {
        let shown = r"concat(_utf8mb4\'it\\\'s \\\\ `x`\',`a`,_utf8mb4\'q\')";
        let plain = r"concat(_utf8mb4'it\'s \\ `x`',`a`,_utf8mb4'q')";
        assert_eq!(unescape(shown, ServerKind::MySql), plain);
        assert_eq!(unescape(plain, ServerKind::MySql), plain);
        assert_eq!(unescape(plain, ServerKind::MariaDb), plain);
        assert_eq!(unescape("lower(`a`)", ServerKind::MySql), "lower(`a`)");
    }

    #[test]
    fn what_mysql_encodes_twice_is_decoded_twice() {
        let shown = "concat(`gr\u{c3}\u{b6}\u{c3}\u{9f}e`,_utf8mb4\\'!\\')";
        assert_eq!(
            unescape(shown, ServerKind::MySql),
            "concat(`größe`,_utf8mb4'!')"
        );
        assert_eq!(unescape(shown, ServerKind::MariaDb), shown);
        // Not of that form.
        for plain in ["`größe`", "`名前`", "`Ã¶ż`"] {
            assert_eq!(unescape(plain, ServerKind::MySql), plain);
        }
    }
}
