//! Characters of a cell in the character set of its column.

use mysql_proto::charset::CharShape;

/// The characters of a text, one by one; `None` in place of one that is broken.
///
/// In a set of single bytes, a byte outside ASCII is shown as the character with its number: it is
/// written back as the same byte, and never looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chars<'a> {
    shape: CharShape,
    rest: &'a [u8],
}

impl<'a> Chars<'a> {
    pub(crate) const fn new(shape: CharShape, text: &'a [u8]) -> Self {
        Self { shape, rest: text }
    }

    fn split(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.rest.split_at_checked(length)?;
        self.rest = tail;
        Some(head)
    }

    fn read(&mut self) -> Option<char> {
        match self.shape {
            CharShape::SingleByte => self.split(1)?.first().copied().map(char::from),
            CharShape::Utf8 => {
                let length = match self.rest.first()? {
                    0x00..=0x7f => 1,
                    0xc2..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xf4 => 4,
                    0x80..=0xc1 | 0xf5..=0xff => return None,
                };
                str::from_utf8(self.split(length)?).ok()?.chars().next()
            }
            CharShape::Ucs2 => char::from_u32(self.unit(u16::from_be_bytes)?.into()),
            CharShape::Utf16 => self.read_utf16(u16::from_be_bytes),
            CharShape::Utf16le => self.read_utf16(u16::from_le_bytes),
            CharShape::Utf32 => {
                let bytes = self.split(4)?.try_into().ok()?;
                char::from_u32(u32::from_be_bytes(bytes))
            }
            // Without the tables of these sets characters cannot be told apart safely.
            CharShape::MultiByte | CharShape::NotAscii => None,
        }
    }

    fn unit(&mut self, order: fn([u8; 2]) -> u16) -> Option<u16> {
        Some(order(self.split(2)?.try_into().ok()?))
    }

    fn read_utf16(&mut self, order: fn([u8; 2]) -> u16) -> Option<char> {
        let first = self.unit(order)?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first.into());
        }
        let second = self.unit(order)?;
        char::decode_utf16([first, second]).next()?.ok()
    }
}

impl Iterator for Chars<'_> {
    type Item = Option<char>;

    fn next(&mut self) -> Option<Option<char>> {
        if self.rest.is_empty() {
            return None;
        }
        let read = self.read();
        if read.is_none() {
            self.rest = &[];
        }
        Some(read)
    }
}

/// Appends a character; false, with nothing written, when the set cannot say it.
#[must_use]
pub(crate) fn put_char(shape: CharShape, character: char, out: &mut Vec<u8>) -> bool {
    let number = u32::from(character);
    match shape {
        CharShape::SingleByte => match u8::try_from(number) {
            Ok(byte) => out.push(byte),
            Err(_) => return false,
        },
        CharShape::Utf8 => {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        CharShape::Ucs2 => match u16::try_from(number) {
            Ok(unit) => out.extend(unit.to_be_bytes()),
            Err(_) => return false,
        },
        CharShape::Utf16 => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.extend(unit.to_be_bytes());
            }
        }
        CharShape::Utf16le => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.extend(unit.to_le_bytes());
            }
        }
        CharShape::Utf32 => out.extend(number.to_be_bytes()),
        CharShape::MultiByte if character.is_ascii() => out.push(number.to_le_bytes()[0]),
        // Letters, digits and the star mean the same in every set.
        CharShape::NotAscii if character.is_ascii_alphanumeric() || character == '*' => {
            out.push(number.to_le_bytes()[0]);
        }
        CharShape::MultiByte | CharShape::NotAscii => return false,
    }
    true
}

/// Appends letters and digits, which every set can say.
pub(crate) fn put_alphanumeric(shape: CharShape, text: &[u8], out: &mut Vec<u8>) {
    match shape {
        CharShape::SingleByte | CharShape::Utf8 | CharShape::MultiByte | CharShape::NotAscii => {
            out.extend_from_slice(text);
        }
        CharShape::Ucs2 | CharShape::Utf16 | CharShape::Utf16le | CharShape::Utf32 => {
            for byte in text {
                // Of these sets each can say all of ASCII.
                let _written: bool = put_char(shape, char::from(*byte), out);
            }
        }
    }
}

/// Appends a text that is made here; false, with nothing written, when the set cannot say it.
#[must_use]
pub(crate) fn put_str(shape: CharShape, text: &str, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    for character in text.chars() {
        // In a set of single bytes a number over 127 stands for another character.
        let foreign = shape == CharShape::SingleByte && !character.is_ascii();
        if foreign || !put_char(shape, character, out) {
            out.truncate(start);
            return false;
        }
    }
    true
}
