//! Text: bytes that are usually text, kept without loss in a JSON line.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeStruct as _;

use crate::digest::hex_digit;

/// Bytes from a client or a server, such as a statement or an error message.
///
/// What is valid UTF-8 stands in the line as a plain JSON string. Anything else stands as
/// `{"escaped":"…"}`, where a backslash is doubled and every byte that is not part of a valid
/// UTF-8 sequence is written `\xhh`. Both forms give the exact bytes back.
///
/// `Debug` shows the length only, so that a statement does not slip into a program's own log.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Text(Vec<u8>);

impl Text {
    /// Takes the bytes as they are.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The exact bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// For people: as in the line, in its escaped form where it is not UTF-8.
    #[must_use]
    pub fn to_display(&self) -> String {
        str::from_utf8(&self.0).map_or_else(|_| escape(&self.0), str::to_owned)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Text({} bytes)", self.0.len())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Ok(text) = str::from_utf8(&self.0) {
            return serializer.serialize_str(text);
        }
        let mut escaped = serializer.serialize_struct("Text", 1)?;
        escaped.serialize_field("escaped", &escape(&self.0))?;
        escaped.end()
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Document::deserialize(deserializer)? {
            Document::Plain(text) => Ok(Self(text.into_bytes())),
            Document::Escaped(Escaped { escaped }) => unescape(&escaped)
                .map(Self)
                .ok_or_else(|| serde::de::Error::custom("escaped text is not well formed")),
        }
    }
}

/// The two forms as they stand in a line.
#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Plain(String),
    Escaped(Escaped),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Escaped {
    escaped: String,
}

fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' {
                text.push('\\');
            }
            text.push(character);
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next()? {
            b'\\' => bytes.push(b'\\'),
            b'x' => bytes.push(hex_digit(rest.next()?)? << 4 | hex_digit(rest.next()?)?),
            _ => return None,
        }
    }
    // Valid UTF-8 has one spelling, the plain one.
    if str::from_utf8(&bytes).is_ok() {
        return None;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], json: &str) {
        let text = Text::new(bytes);
        assert_eq!(serde_json::to_string(&text).unwrap(), json);
        assert_eq!(serde_json::from_str::<Text>(json).unwrap(), text);
    }

    #[test]
    fn keeps_utf8_plain() {
        check(b"select '\\n'", r#""select '\\n'""#);
        check("sélect\u{0}".as_bytes(), "\"sélect\\u0000\"");
        check(b"", r#""""#);
    }

    #[test]
    fn escapes_what_is_not_utf8() {
        check(b"a\xffb", r#"{"escaped":"a\\xffb"}"#);
        check(b"\\x41\xc3", r#"{"escaped":"\\\\x41\\xc3"}"#);
    }

    #[test]
    fn refuses_a_second_spelling() {
        for json in [
            r#"{"escaped":"plain"}"#,
            r#"{"escaped":"\\xff\\"}"#,
            r#"{"escaped":"\\xFF"}"#,
            r#"{"escaped":"\\n\\xff"}"#,
            r#"{"escaped":"\\xff","more":1}"#,
        ] {
            assert!(serde_json::from_str::<Text>(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes: Vec<u8>) {
            let text = Text::new(bytes);
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), text);
        }
    }
}
