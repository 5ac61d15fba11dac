//! Writes the tokens of a text in the plainest way there is: if a server takes the two texts
//! differently, it read other tokens than we did.

use policy_core::lex::LexContext;
use policy_core::lex::Reading;
use policy_core::lex::lex;
use policy_core::lex::token::Symbol;
use policy_core::lex::token::Token;
use policy_core::lex::token::TokenKind;
use policy_core::sql_mode::SqlMode;
use policy_core::unread::Unread;

/// One text for each reading of the version comments.
pub(crate) fn texts(text: &[u8], context: &LexContext) -> Result<Vec<Vec<u8>>, NoTokens> {
    let without = lex(text, context, Reading::WithoutText);
    let with = match lex(text, context, Reading::WithText) {
        Ok(lexed) => lexed,
        Err(unread) if without.is_ok() => return Err(NoTokens::InOneReading(unread)),
        Err(unread) => return Err(NoTokens::AtAll(unread)),
    };
    let mut texts = vec![plain(&with.tokens, text, context)];
    if with.ambiguous {
        let without = without.map_err(NoTokens::InOneReading)?;
        texts.push(plain(&without.tokens, text, context));
    }
    Ok(texts)
}

/// Why there are no tokens.
pub(crate) enum NoTokens {
    /// Whatever is made of version comments.
    AtAll(Unread),
    /// One reading of the version comments has none.
    InOneReading(Unread),
}

fn plain(tokens: &[Token<'_>], text: &[u8], context: &LexContext) -> Vec<u8> {
    let mut out = Vec::new();
    let mut touches = true;
    let mut after_dot = false;
    for token in tokens {
        // Only before a parenthesis does white space mean something.
        let opens = token.kind == TokenKind::Symbol(Symbol::LeftParenthesis) && !token.spaced;
        let dots = token.kind == DOT && after_dot && !token.spaced;
        if !touches && !opens && !dots {
            out.push(b' ');
        }
        spell(token, text, context, &mut out);
        // The name of a system variable follows at once.
        touches = token.kind == TokenKind::SystemVariable;
        after_dot = token.kind == DOT;
    }
    out
}

/// MariaDB takes two of them for a range, if they touch.
const DOT: TokenKind<'_> = TokenKind::Symbol(Symbol::Dot);

fn spell(token: &Token<'_>, text: &[u8], context: &LexContext, out: &mut Vec<u8>) {
    let written = text.get(token.span.clone()).unwrap_or_default();
    match &token.kind {
        TokenKind::Word(word) => out.extend(word.bytes()),
        TokenKind::QuotedIdentifier(name) => quoted(name, out),
        TokenKind::String { value, introducer } => {
            match introducer {
                Some("n") => out.push(b'N'),
                Some(charset) => {
                    out.push(b'_');
                    out.extend(charset.bytes());
                }
                None => {}
            }
            match pieces(written, context) {
                Some(pieces) => {
                    let pieces: Vec<_> = pieces.iter().map(|p| string(p, context)).collect();
                    out.extend(pieces.join(&b' '));
                }
                None => out.extend(string(value, context)),
            }
        }
        TokenKind::Raw(value) => out.extend(string(value, context)),
        TokenKind::Integer(digits) | TokenKind::Decimal(digits) => out.extend(digits.bytes()),
        TokenKind::Hex(digits) => out.extend(number('x', digits, written).bytes()),
        TokenKind::Bit(digits) => out.extend(number('b', digits, written).bytes()),
        TokenKind::Parameter => out.push(b'?'),
        TokenKind::UserVariable(name) => {
            out.push(b'@');
            let ansi = context.sql_mode.contains(SqlMode::ANSI_QUOTES);
            match written.get(1) {
                Some(b'`') => quoted(name, out),
                Some(b'"') if ansi => quoted(name, out),
                Some(_) | None => out.extend(string(name.as_bytes(), context)),
            }
        }
        TokenKind::SystemVariable => out.extend(b"@@"),
        TokenKind::Symbol(symbol) => out.extend(symbol.text().bytes()),
    }
}

fn quoted(name: &str, out: &mut Vec<u8>) {
    out.push(b'`');
    out.extend(name.replace('`', "``").bytes());
    out.push(b'`');
}

fn string(value: &[u8], context: &LexContext) -> Vec<u8> {
    let mode = context.sql_mode;
    let escapes = !mode.contains(SqlMode::NO_BACKSLASH_ESCAPES);
    let mut out = vec![b'\''];
    for byte in value {
        match byte {
            b'\'' => out.extend(b"\'\'"),
            b'\\' if escapes => out.extend(b"\\\\"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
    out
}

/// The values of the strings that stand together in the text of one: where a grammar takes one
/// string alone, it does not take two. `None` where they cannot be told apart.
fn pieces(written: &[u8], context: &LexContext) -> Option<Vec<Vec<u8>>> {
    let mut values = Vec::new();
    let mut rest = written;
    while !rest.is_empty() {
        let (end, value) = (1..=rest.len()).find_map(|end| {
            let (piece, next) = rest.split_at(end);
            let closes = matches!(piece.last(), Some(b'\'' | b'"')) && piece.last() != next.first();
            let value = closes.then(|| only_string(piece, context)).flatten()?;
            Some((end, value))
        })?;
        values.push(value);
        rest = rest.get(end..)?;
    }
    Some(values)
}

fn only_string(piece: &[u8], context: &LexContext) -> Option<Vec<u8>> {
    // The piece may stand in an executable comment that ends behind it.
    [b"".as_slice(), b"*/"].iter().find_map(|end| {
        let text = [piece, end].concat();
        let lexed = lex(&text, context, Reading::WithText).ok()?;
        match lexed.tokens.as_slice() {
            [
                Token {
                    kind: TokenKind::String { value, .. },
                    ..
                },
            ] => Some(value.to_vec()),
            _ => None,
        }
    })
}

/// A literal in digits of another base, in the form and with the introducer of the text, which the
/// token does not hold.
fn number(base: char, digits: &str, written: &[u8]) -> String {
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let introducer: String = match written.first() {
        Some(b'_') => written
            .iter()
            .take_while(is_name)
            .map(|byte| char::from(*byte))
            .collect(),
        Some(_) | None => String::new(),
    };
    // To MariaDB the quoted form is a string, the other one a number.
    if written.contains(&b'\'') {
        format!("{introducer} {base}'{digits}'")
    } else {
        format!("{introducer} 0{base}{digits}")
    }
}
