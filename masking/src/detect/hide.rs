//! What was found is starred out, unit by unit, until nothing more is found.

use crate::column::Class;
use crate::detect::Counts;
use crate::detect::DetectorSet;
use crate::detect::scan::Find;
use crate::detect::scan::scan;
use crate::detect::units::Units;
use crate::detect::words::Text;

/// What is hidden may uncover something that was no find beside it; more often than this it does
/// so on purpose, and the whole cell is hidden.
const ROUNDS_MAX: usize = 4;

/// The most spaces between a number and the comma, bracket or colon beside it.
const SPACES_MAX: usize = 8;

/// How the texts of a column are searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    pub(crate) set: DetectorSet,
    pub(crate) units: Units,
    pub(crate) is_json: bool,
}

impl Look {
    /// How that column is searched; `None` when it is no text.
    pub(crate) fn new(set: DetectorSet, class: Class) -> Option<Self> {
        let (charset, is_json) = match class {
            Class::Text(charset) => (charset, false),
            Class::Json(charset) => (charset, true),
            Class::Integer { .. }
            | Class::Decimal
            | Class::Float
            | Class::Double
            | Class::Year
            | Class::Bit
            | Class::Date
            | Class::DateTime
            | Class::Timestamp
            | Class::Time
            | Class::Bytes
            | Class::FixedBytes
            | Class::Enum
            | Class::Set
            | Class::Uuid(_)
            | Class::Inet4(_)
            | Class::Inet6(_)
            | Class::Geometry
            | Class::Vector
            | Class::Null => return None,
        };
        Some(Self {
            set,
            units: Units::of(charset),
            is_json,
        })
    }
}

impl Look {
    /// Whether a text can be in the character set of its column.
    pub(crate) fn can_read(&self, text: &[u8]) -> bool {
        // JSON has no zero: one tells of a set of wide units, of which no definition speaks.
        let is_wide = self.is_json && self.units.width() == 1 && text.contains(&0);
        text.len().is_multiple_of(self.units.width()) && !is_wide
    }
}

/// Hides what is found in a text that is no cell, in UTF-8 or another superset of ASCII; all of a
/// text that is in none.
pub fn hide_text(set: DetectorSet, text: &mut [u8], counts: &mut Counts) {
    let look = Look {
        set,
        units: Units::Bytes,
        is_json: false,
    };
    let hidden = Hiding::default().hide(look, text, usize::MAX, counts);
    // A zero tells of a set of wide units, which is not read here.
    if !hidden.settled || text.contains(&0) {
        text.fill(b'*');
    }
}

/// What came of hiding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hidden {
    /// Whether nothing more would be found.
    pub(crate) settled: bool,
    /// The unit behind the last that was hidden.
    pub(crate) end: usize,
}

/// Room for what is read and found.
#[derive(Debug, Default)]
pub(crate) struct Hiding {
    read: Vec<u8>,
    finds: Vec<Find>,
}

impl Hiding {
    /// The text unit by unit.
    pub(crate) fn read<'t>(&'t mut self, units: Units, text: &'t [u8]) -> Text<'t> {
        if units == Units::Bytes {
            return Text(text);
        }
        units.read(text, &mut self.read);
        Text(&self.read)
    }

    /// Hides what begins before that unit.
    pub(crate) fn hide(
        &mut self,
        look: Look,
        text: &mut [u8],
        before: usize,
        counts: &mut Counts,
    ) -> Hidden {
        let mut end = 0;
        for _round in 0..ROUNDS_MAX {
            let mut finds = std::mem::take(&mut self.finds);
            scan(self.read(look.units, text), look.set, &mut finds);
            let mut settled = true;
            for find in finds.iter().filter(|find| find.start < before) {
                settled = false;
                counts.count(find.detectors);
                end = end.max(find.end);
                // What was hidden before in this round lies in front of it.
                let read = match look.units {
                    Units::Bytes => Text(text),
                    Units::Pairs
                    | Units::JapanesePairs
                    | Units::Two
                    | Units::TwoReversed
                    | Units::Four => Text(&self.read),
                };
                let cover = Cover::of(read, *find, look.is_json);
                for index in cover.start..find.end {
                    look.units.write(text, index, cover.with);
                }
            }
            self.finds = finds;
            if settled {
                return Hidden { settled, end };
            }
        }
        Hidden {
            settled: false,
            end,
        }
    }
}

/// How a find is covered.
struct Cover {
    start: usize,
    with: u8,
}

impl Cover {
    /// Stars; but where JSON has a number, a number must stand, and the letters of an escape stay.
    fn of(text: Text<'_>, find: Find, is_json: bool) -> Self {
        let escape = find.start.checked_sub(1).filter(|before| {
            text.at(*before) == b'\\' && text.escape_end(*before).is_some_and(|end| end < find.end)
        });
        let start = escape.and_then(|backslash| text.escape_end(backslash));
        Self {
            start: start.unwrap_or(find.start),
            with: if is_number(text, find, is_json) {
                b'1'
            } else {
                b'*'
            },
        }
    }
}

/// Whether a find may be a number of JSON, also in a column that the server calls text.
fn is_number(text: Text<'_>, find: Find, is_json: bool) -> bool {
    let length = find.end - find.start;
    let is_digits = text.run(find.start, length, |byte| byte.is_ascii_digit()) == find.end;
    if !is_digits {
        return false;
    }
    if is_json {
        return text.before(find.start) != b'"' || text.at(find.end) != b'"';
    }
    let mut before = find.start;
    while find.start - before < SPACES_MAX && text.before(before) == b' ' {
        before -= 1;
    }
    let behind = text.run(find.end, SPACES_MAX, |byte| byte == b' ');
    matches!(text.before(before), b':' | b'[' | b',')
        && matches!(text.at(behind), b',' | b']' | b'}')
}
