//! A text of any character set as one byte for each of its units, and units written in place.

use mysql_proto::charset::Charset;

use crate::detect::words::OTHER;

/// How a character set cuts a text into units of which some stand for ASCII.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Units {
    /// Bytes under 128 are ASCII wherever they stand.
    Bytes,
    /// A byte over 127 takes the next one along, which may look like ASCII.
    Pairs,
    /// The same, but that some bytes over 127 stand alone.
    JapanesePairs,
    /// Two bytes, the most significant first.
    Two,
    /// Two bytes, the least significant first.
    TwoReversed,
    /// Four bytes, the most significant first.
    Four,
}

/// The second byte of a pair.
const SECOND: u8 = OTHER + 1;

impl Units {
    pub(crate) const fn of(charset: Charset) -> Self {
        match charset {
            Charset::Big5
            | Charset::Euckr
            | Charset::Gb18030
            | Charset::Gb2312
            | Charset::Gbk => Self::Pairs,
            Charset::Cp932 | Charset::Sjis => Self::JapanesePairs,
            Charset::Ucs2 | Charset::Utf16 => Self::Two,
            Charset::Utf16le => Self::TwoReversed,
            Charset::Utf32 => Self::Four,
            // Of these no byte of a longer character is ASCII.
            Charset::Eucjpms | Charset::Ujis | Charset::Utf8mb3 | Charset::Utf8mb4 => Self::Bytes,
            Charset::Armscii8
            | Charset::Ascii
            | Charset::Binary
            | Charset::Cp1250
            | Charset::Cp1251
            | Charset::Cp1256
            | Charset::Cp1257
            | Charset::Cp850
            | Charset::Cp852
            | Charset::Cp866
            | Charset::Dec8
            | Charset::Geostd8
            | Charset::Greek
            | Charset::Hebrew
            | Charset::Hp8
            | Charset::Keybcs2
            | Charset::Koi8r
            | Charset::Koi8u
            | Charset::Latin1
            | Charset::Latin2
            | Charset::Latin5
            | Charset::Latin7
            | Charset::Macce
            | Charset::Macroman
            // Digits and letters are where they are in ASCII.
            | Charset::Swe7
            | Charset::Tis620 => Self::Bytes,
        }
    }

    /// The bytes of a unit.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::Bytes | Self::Pairs | Self::JapanesePairs => 1,
            Self::Two | Self::TwoReversed => 2,
            Self::Four => 4,
        }
    }

    /// Reads a text unit by unit; what is left at its end is no unit.
    pub(crate) fn read(self, text: &[u8], out: &mut Vec<u8>) {
        out.clear();
        let ascii = |high: bool, low: u8| if high || low >= OTHER { OTHER } else { low };
        match self {
            Self::Bytes => out.extend_from_slice(text),
            Self::Pairs => read_pairs(text, |byte| byte >= OTHER, out),
            Self::JapanesePairs => {
                read_pairs(text, |byte| matches!(byte, 0x81..=0x9f | 0xe0..=0xfc), out);
            }
            Self::Two => {
                let (units, _) = text.as_chunks::<2>();
                out.extend(units.iter().map(|[high, low]| ascii(*high != 0, *low)));
            }
            Self::TwoReversed => {
                let (units, _) = text.as_chunks::<2>();
                out.extend(units.iter().map(|[low, high]| ascii(*high != 0, *low)));
            }
            Self::Four => {
                let (units, _) = text.as_chunks::<4>();
                out.extend(units.iter().map(|unit| {
                    let [high @ .., low] = unit;
                    ascii(*high != [0; 3], *low)
                }));
            }
        }
    }

    /// Whether a text may be cut in front of what was read like this.
    pub(crate) const fn is_boundary(self, read: u8) -> bool {
        match self {
            Self::Pairs | Self::JapanesePairs => read != SECOND,
            Self::Bytes | Self::Two | Self::TwoReversed | Self::Four => true,
        }
    }

    /// Writes an ASCII character in place of a unit.
    pub(crate) fn write(self, text: &mut [u8], index: usize, ascii: u8) {
        let start = index * self.width();
        let Some(unit) = text.get_mut(start..start + self.width()) else {
            return;
        };
        unit.fill(0);
        let place = match self {
            Self::Bytes | Self::Pairs | Self::JapanesePairs | Self::TwoReversed => unit.first_mut(),
            Self::Two | Self::Four => unit.last_mut(),
        };
        if let Some(place) = place {
            *place = ascii;
        }
    }
}

fn read_pairs(text: &[u8], is_first: fn(u8) -> bool, out: &mut Vec<u8>) {
    let mut second = false;
    for byte in text {
        out.push(match (second, byte) {
            (true, _) => SECOND,
            (false, byte) if *byte >= OTHER => OTHER,
            (false, byte) => *byte,
        });
        second = !second && is_first(*byte);
    }
}
