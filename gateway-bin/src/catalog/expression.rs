//! Expressions of definitions, as the server prints them in `information_schema`.

use std::borrow::Cow;

use policy_core::server::ServerKind;

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
