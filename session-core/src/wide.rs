//! What the target says in a character set that is not ASCII at all: names in definitions, and the
//! answers to the gateway's own statements, which come in the session's set for results.

use std::borrow::Cow;

use mysql_proto::charset::Charset;
use mysql_proto::response::column::ColumnDefinition;

/// Whether texts in it must be taken apart to be read.
pub(crate) const fn is_wide(charset: Charset) -> bool {
    matches!(
        charset,
        Charset::Utf16 | Charset::Utf16le | Charset::Utf32 | Charset::Ucs2
    )
}

/// A text as UTF-8; `None` where the bytes are none of that set, or the set is not wide.
pub(crate) fn utf8(bytes: &[u8], charset: Charset) -> Option<Vec<u8>> {
    if !is_wide(charset) {
        return None;
    }
    let text: Option<String> = if charset == Charset::Utf32 {
        let (units, rest) = bytes.as_chunks::<4>();
        let text = units
            .iter()
            .map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
        rest.is_empty().then(|| text.collect()).flatten()
    } else {
        let (units, rest) = bytes.as_chunks::<2>();
        let units = units.iter().map(|unit| {
            if charset == Charset::Utf16le {
                u16::from_le_bytes(*unit)
            } else {
                u16::from_be_bytes(*unit)
            }
        });
        let text = char::decode_utf16(units).collect::<Result<String, _>>();
        text.ok().filter(|_| rest.is_empty())
    };
    text.map(String::into_bytes)
}

/// Definitions whose names can be compared. What cannot be read stays as it is, and matches nothing.
pub(crate) fn read_names<'d>(
    definitions: &'d [ColumnDefinition<'static>],
    charset: Charset,
) -> Cow<'d, [ColumnDefinition<'static>]> {
    if !is_wide(charset) {
        return Cow::Borrowed(definitions);
    }
    let read = |name: &mut Cow<'static, [u8]>| {
        if let Some(text) = utf8(name, charset) {
            *name = Cow::Owned(text);
        }
    };
    let mut definitions = definitions.to_vec();
    for definition in &mut definitions {
        read(&mut definition.name);
        read(&mut definition.schema);
        read(&mut definition.org_table);
        read(&mut definition.org_name);
    }
    Cow::Owned(definitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_wide_set() {
        let check = |bytes: &[u8], charset| {
            assert_eq!(utf8(bytes, charset).as_deref(), Some("aü".as_bytes()));
        };
        check(b"\0a\0\xfc", Charset::Utf16);
        check(b"\0a\0\xfc", Charset::Ucs2);
        check(b"a\0\xfc\0", Charset::Utf16le);
        check(b"\0\0\0a\0\0\0\xfc", Charset::Utf32);
        assert_eq!(
            utf8(b"\xd8\x3d\xde\0", Charset::Utf16).as_deref(),
            Some("😀".as_bytes())
        );
    }

    #[test]
    fn reads_nothing_that_is_cut_short_or_no_text() {
        assert_eq!(utf8(b"\0a\0", Charset::Utf16), None);
        assert_eq!(utf8(b"\xd8\x3d", Charset::Utf16), None);
        assert_eq!(utf8(b"\0\x11\0\0", Charset::Utf32), None);
        assert_eq!(utf8(b"a", Charset::Utf8mb4), None);
    }
}
