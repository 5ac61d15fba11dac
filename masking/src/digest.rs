//! A keyed digest of a value that comes in parts, of any length.

use std::fmt;

use mysql_proto::charset::CharShape;

use crate::chars::Chars;
use crate::column::Class;
use crate::column::Column;
use crate::hmac::Mac;
use crate::key::MaskKey;

/// A digest under way. What was put into it hangs neither on the parts in which it came, nor on the
/// protocol, nor on the character set where that can be read.
pub(crate) struct Digest {
    mac: Mac,
    /// Of a set that is written as UTF-8 first.
    wide: Option<CharShape>,
    /// The beginning of a character whose end has not come: at most three bytes.
    carried: Vec<u8>,
    broken: bool,
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest([redacted])")
    }
}

impl Digest {
    /// A digest of the bytes of a cell of this column.
    pub(crate) fn new(key: &MaskKey, column: &Column) -> Self {
        let (domain, wide) = domain(column);
        Self {
            mac: key.begin(domain),
            wide,
            carried: Vec::new(),
            broken: false,
        }
    }

    /// The digest of a whole cell.
    pub(crate) fn whole(key: &MaskKey, column: &Column, cell: &[u8]) -> Option<[u8; 32]> {
        let (domain, wide) = domain(column);
        if wide.is_none() {
            return Some(key.digest(domain, cell));
        }
        let mut digest = Self::new(key, column);
        digest.update(cell);
        digest.finish()
    }

    /// Takes the next part of the cell.
    pub(crate) fn update(&mut self, part: &[u8]) {
        let Some(shape) = self.wide else {
            return self.mac.update(part);
        };
        if self.carried.is_empty() {
            return self.update_wide(shape, part);
        }
        let mut text = std::mem::take(&mut self.carried);
        text.extend_from_slice(part);
        self.update_wide(shape, &text);
    }

    /// The digest; `None` when the cell was no text of its character set.
    pub(crate) fn finish(self) -> Option<[u8; 32]> {
        let whole = self.carried.is_empty() && !self.broken;
        whole.then(|| self.mac.finish())
    }

    fn update_wide(&mut self, shape: CharShape, text: &[u8]) {
        let (whole, tail) = text.split_at(whole_characters(shape, text));
        self.carried = tail.to_vec();
        for character in Chars::new(shape, whole) {
            match character {
                Some(character) => self
                    .mac
                    .update(character.encode_utf8(&mut [0; 4]).as_bytes()),
                None => self.broken = true,
            }
        }
    }
}

/// What keeps the digests of different types apart, and the set, where it is written as UTF-8 first.
pub(crate) const fn domain(column: &Column) -> (u8, Option<CharShape>) {
    match column.class {
        Class::Text(charset) => (b's', wide(charset.shape())),
        Class::Decimal => (b'd', None),
        Class::Bit => (b'b', None),
        Class::Json(charset) => (b'j', wide(charset.shape())),
        Class::Uuid(charset) => (b's', wide(charset.shape())),
        Class::Integer { .. }
        | Class::Float
        | Class::Double
        | Class::Year
        | Class::Date
        | Class::DateTime
        | Class::Timestamp
        | Class::Time
        | Class::Bytes
        | Class::FixedBytes
        | Class::Enum
        | Class::Set
        | Class::Inet4(_)
        | Class::Inet6(_)
        | Class::Geometry
        | Class::Vector
        | Class::Null => (b's', None),
    }
}

/// The sets whose characters are not written as bytes of ASCII.
const fn wide(shape: CharShape) -> Option<CharShape> {
    match shape {
        CharShape::Utf8 | CharShape::SingleByte | CharShape::MultiByte | CharShape::NotAscii => {
            None
        }
        CharShape::Ucs2 | CharShape::Utf16 | CharShape::Utf16le | CharShape::Utf32 => Some(shape),
    }
}

/// The length of the part of a text that ends behind a whole character.
fn whole_characters(shape: CharShape, text: &[u8]) -> usize {
    let unit = match shape {
        CharShape::Utf8 | CharShape::SingleByte | CharShape::MultiByte | CharShape::NotAscii => 1,
        CharShape::Ucs2 | CharShape::Utf16 | CharShape::Utf16le => 2,
        CharShape::Utf32 => 4,
    };
    let length = text.len() - text.len() % unit;
    let last = text.get(length.saturating_sub(2)..length);
    let high = match (shape, last) {
        (CharShape::Utf16, Some([high, _])) | (CharShape::Utf16le, Some([_, high])) => *high,
        _ => 0,
    };
    // The first half of a pair waits for the second.
    if (0xd8..0xdc).contains(&high) {
        length - 2
    } else {
        length
    }
}

#[cfg(test)]
mod tests {
    use mysql_proto::response::column::ColumnDefinition;
    use mysql_proto::types::ColumnType;

    use super::*;
    use crate::known::ResultCharsets;

    fn digest(collation: u16, parts: &[&[u8]]) -> Option<[u8; 32]> {
        let mut definition = ColumnDefinition::computed(&b"c"[..], ColumnType::VarString);
        definition.collation = collation;
        let column = Column::new(&definition, ResultCharsets::default(), false).unwrap();
        let key = MaskKey::new(&[7; 32]).unwrap();
        let mut digest = Digest::new(&key, &column);
        for part in parts {
            digest.update(part);
        }
        digest.finish()
    }

    /// `utf8mb4_general_ci`, `utf16_general_ci`, `utf16le_general_ci`, `utf32_general_ci`.
    const COLLATIONS: [u16; 4] = [45, 54, 56, 60];

    fn written(collation: u16, text: &str) -> Vec<u8> {
        match collation {
            54 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            56 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            60 => text
                .chars()
                .flat_map(|c| u32::from(c).to_be_bytes())
                .collect(),
            _ => text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn neither_the_set_nor_any_cut_changes_a_digest() {
        let text = "aß€😀😀z";
        let whole = digest(45, &[text.as_bytes()]);
        assert!(whole.is_some());
        for collation in COLLATIONS {
            let bytes = written(collation, text);
            for cut in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(cut);
                assert_eq!(digest(collation, &[head, tail]), whole, "{collation} {cut}");
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(digest(collation, &single), whole, "{collation}");
        }
    }

    #[test]
    fn a_whole_cell_has_the_digest_of_its_parts() {
        let mut definition = ColumnDefinition::computed(&b"c"[..], ColumnType::VarString);
        definition.collation = 45;
        let column = Column::new(&definition, ResultCharsets::default(), false).unwrap();
        // Of these lengths the key is longer than a block, too.
        for key in [16, 64, 65, 200] {
            let key = MaskKey::new(&vec![7; key]).unwrap();
            for length in 0..200 {
                let cell = vec![b'x'; length];
                let mut digest = Digest::new(&key, &column);
                digest.update(&cell);
                assert_eq!(Digest::whole(&key, &column, &cell), digest.finish());
            }
        }
    }

    #[test]
    fn a_text_that_is_none_of_its_set_has_no_digest_however_it_comes() {
        for (collation, broken) in [
            (54, &b"\xd8\x3d"[..]),
            (54, b"\xd8\x3d\0a"),
            (54, b"\xdc\x00\0a"),
            (54, b"\0a\0"),
            (56, b"\x3d\xd8a\0"),
            (60, b"\0\0\0a\0\0"),
            (60, b"\x7f\0\0\0"),
        ] {
            for cut in 0..=broken.len() {
                let (head, tail) = broken.split_at(cut);
                assert_eq!(digest(collation, &[head, tail]), None, "{broken:?} {cut}");
            }
        }
    }
}
