//! Texts that the servers take for the same, and texts that differ in what literals say.

use policy_core::decide::Values;
use policy_core::decide::decide;
use policy_core::decide::may_hold;
use policy_core::decision::Decision;
use policy_core::lex::LexContext;
use policy_core::lex::ReadLimits;
use policy_core::lex::Reading;
use policy_core::lex::lex;
use policy_core::lex::token::Symbol;
use policy_core::lex::token::Token;
use policy_core::lex::token::TokenKind;
use policy_core::read::read;
use policy_core::session::SessionContext;
use policy_core::shape::Shape;
use policy_core::statement::Statement;
use policy_core::unread::Unread;

use super::request;
use crate::shop::shop;

/// White space and comments that stand for each other; keywords in either case: the text means the
/// same, or is refused alike.
pub(super) fn respaced(text: &[u8], session: &SessionContext) {
    let context = LexContext::of(session, &ReadLimits::default());
    let Ok(lexed) = lex(text, &context, Reading::WithText) else {
        return;
    };
    // Within an executable comment another comment means something else.
    let executes = text
        .windows(3)
        .any(|marks| marks == b"/*!" || marks == b"*M!");
    if executes || lexed.tokens.is_empty() {
        return;
    }
    let expected = meaning(text, session);
    for way in 0..BLANKS.len() {
        let other = rewritten(text, &lexed.tokens, way);
        // What is one byte under a limit is over it with a blank more.
        if other.len() > context.limits.bytes_max {
            return;
        }
        assert_eq!(
            meaning(&other, session),
            expected,
            "read otherwise as `{}`",
            String::from_utf8_lossy(&other)
        );
    }
}

/// Blanks that all mean the same between two tokens.
const BLANKS: [&str; 6] = ["\n", "\t \x0b", " /* it's */ ", "/**/", " -- '\n", "#\"\n"];

/// The text with other blanks where it has some, and with some where it may have them.
fn rewritten(text: &[u8], tokens: &[Token<'_>], way: usize) -> Vec<u8> {
    let mut other = Vec::new();
    let mut end = 0;
    let mut after_operand = false;
    for token in tokens {
        let gap = text.get(end..token.span.start).unwrap_or_default();
        let is_blank = !gap.is_empty() && gap.iter().all(|byte| b" \t\n\r\x0b\x0c".contains(byte));
        let parenthesis = token.kind == TokenKind::Symbol(Symbol::LeftParenthesis);
        if is_blank && !parenthesis {
            other.extend_from_slice(BLANKS.get(way).unwrap_or(&" ").as_bytes());
        } else {
            other.extend_from_slice(gap);
            if gap.is_empty() && after_operand && stands_apart(&token.kind) {
                other.push(b' ');
            }
        }
        let written = text.get(token.span.clone()).unwrap_or_default();
        // `\N` is NULL, and `\n` is nothing.
        let has_case = is_keyword(&token.kind) && !written.starts_with(b"\\");
        if has_case && way.is_multiple_of(2) {
            other.extend(written.iter().map(|byte| match byte {
                byte if byte.is_ascii_lowercase() => byte.to_ascii_uppercase(),
                byte => byte.to_ascii_lowercase(),
            }));
        } else {
            other.extend_from_slice(written);
        }
        end = token.span.end;
        // Two minus signs and a blank are a comment.
        after_operand = !matches!(token.kind, TokenKind::Symbol(_));
    }
    other.extend_from_slice(text.get(end..).unwrap_or_default());
    other
}

/// Marks before which a blank changes nothing.
fn stands_apart(kind: &TokenKind<'_>) -> bool {
    matches!(
        kind,
        TokenKind::Symbol(Symbol::Comma | Symbol::Equal | Symbol::RightParenthesis)
    )
}

/// Words that both servers reserve: where one stands as a word, it is no name.
fn is_keyword(kind: &TokenKind<'_>) -> bool {
    let TokenKind::Word(word) = kind else {
        return false;
    };
    const KEYWORDS: [&str; 40] = [
        "ALL", "ALTER", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "CREATE", "CROSS", "DELETE",
        "DESC", "DISTINCT", "DROP", "ELSE", "EXISTS", "FROM", "GROUP", "HAVING", "IN", "INNER",
        "INSERT", "INTO", "IS", "JOIN", "LEFT", "LIKE", "LIMIT", "NOT", "NULL", "ON", "OR",
        "ORDER", "SELECT", "SET", "UNION", "UPDATE", "VALUES", "WHERE", "WITH",
    ];
    KEYWORDS
        .iter()
        .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// What a text means, but for where things stand in it and for the case of what is only shown.
fn meaning(text: &[u8], session: &SessionContext) -> Result<String, &'static str> {
    match read(text, session, &shop().catalog, &ReadLimits::default()) {
        Ok(mut statements) => {
            for statement in &mut statements {
                statement.span = 0..0;
                statement.literals.clear();
            }
            Ok(format!("{statements:?}").to_lowercase())
        }
        Err(Unread::Lex { .. } | Unread::Syntax { .. } | Unread::Unsupported { .. }) => {
            Err("not read")
        }
        Err(Unread::UnknownName { .. }) => Err("unknown"),
        Err(Unread::Limit { .. }) => Err("limit"),
        Err(_) => Err("none"),
    }
}

/// What is kept of a text of one shape serves another as if that had been read itself.
pub(super) fn of_one_shape(text: &[u8], statement: &Statement, session: &SessionContext) {
    let shop = shop();
    let limits = ReadLimits::default();
    let Some(shape) = Shape::of(text, session, &limits) else {
        return;
    };
    assert!(shape.agrees_with(statement), "{statement:?}");
    let before = decide(
        &shop.policy,
        &request(text, statement, session, &shop.reader),
    );
    for chosen in 0..=statement.literals.len().min(LITERALS_MAX) {
        let other = with_other_literals(text, statement, chosen);
        let Some(same) = Shape::of(&other, session, &limits) else {
            continue;
        };
        if same.key() != shape.key() {
            continue;
        }
        let anew = read(&other, session, &shop.catalog, &limits);
        let shown = String::from_utf8_lossy(&other);
        assert!(matches!(anew.as_deref(), Ok([_])), "`{shown}`: {anew:?}");
        let Ok([anew]) = anew.as_deref() else {
            return;
        };
        let moved = same.facts(statement);
        assert_eq!(moved, *anew, "`{shown}`");
        let request = request(&other, anew, session, &shop.reader);
        let decision = decide(&shop.policy, &request);
        let holds = may_hold(&shop.policy, &Values::of(&request));
        if holds && matches!(before, Decision::Allow(_)) {
            assert_eq!(decision, before, "`{shown}`");
        }
        assert!(holds || !matches!(decision, Decision::Allow(_)));
    }
}

/// More literals than these are not changed one by one.
const LITERALS_MAX: usize = 8;

/// The text with one literal, or with all of them, saying something else of the same kind.
fn with_other_literals(text: &[u8], statement: &Statement, chosen: usize) -> Vec<u8> {
    let mut other = Vec::new();
    let mut end = 0;
    for (index, span) in statement.literals.iter().enumerate() {
        other.extend_from_slice(text.get(end..span.start).unwrap_or_default());
        let written = text.get(span.clone()).unwrap_or_default();
        if chosen > 0 && index + 1 != chosen {
            other.extend_from_slice(written);
        } else if written.iter().all(u8::is_ascii_digit) {
            other.extend_from_slice(b"1");
            other.extend_from_slice(written);
        } else if written.first() == Some(&b'\'') {
            other.extend_from_slice(b"'%other'");
        } else {
            other.extend_from_slice(written);
        }
        end = span.end;
    }
    other.extend_from_slice(text.get(end..).unwrap_or_default());
    other
}
