//! Functions that cannot fail, warn, choose what else is evaluated, or cost more than their input.
//!
//! Only through these may a protected column reach the result (redacted); through all others it
//! counts as steering it.

/// Over which arguments a function is total, and what it gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Total {
    /// Over values of any plain type, at most so many: each has a text form.
    AnyScalar(Gives, usize),
    /// Over one string: other types would be converted, which can warn.
    String(Gives),
    /// Over one plain value, with what stands beside it; so many arguments at least.
    Beside(Gives, &'static [Place], usize),
    /// Over one plain value, giving it or another one of its column.
    Same,
    /// Over one value of any type, without looking inside.
    Anything(Gives),
}

/// What may stand at a place of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// The plain value.
    Value,
    /// A number that is written down, or a parameter: where to cut.
    Count,
    /// A number that is written down and not large: how long it gets.
    Length,
    /// A text of ASCII characters that is written down, or a parameter that is bound as one.
    Text,
    /// A text that is written down and not empty.
    Replaced,
    /// A text that is written down and no longer than the one that it replaces.
    Replacing,
}

impl Total {
    /// The type of the result; `None` for that of the argument.
    pub(crate) fn gives(&self) -> Option<Gives> {
        match self {
            Self::AnyScalar(gives, _)
            | Self::String(gives)
            | Self::Beside(gives, _, _)
            | Self::Anything(gives) => Some(*gives),
            Self::Same => None,
        }
    }

    /// Whether a number stands at that place, which a parameter of any type can be.
    pub(crate) fn counts(&self, at: usize) -> bool {
        match self {
            Self::Beside(_, places, _) => places.get(at) == Some(&Count),
            Self::AnyScalar(_, _) | Self::String(_) | Self::Same | Self::Anything(_) => false,
        }
    }
}

/// The type of the result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Gives {
    Text,
    /// A text that may be longer than the arguments, or as long as all of them.
    LongerText,
    Integer,
}

/// How that function is total, if it is in the list.
pub(crate) fn find(name: &str) -> Option<&'static Total> {
    TOTAL
        .iter()
        .find(|(listed, _)| *listed == name)
        .map(|(_, total)| total)
}

use Gives::Integer;
use Gives::LongerText;
use Gives::Text;
use Place::Count;
use Place::Length;
use Place::Replaced;
use Place::Replacing;
use Place::Value;

/// How many texts may be joined before the whole counts as longer than what it was made of.
const JOINED_MAX: usize = 64;

/// Left out on purpose: QUOTE and STRCMP (they convert one text to the character set of another, and
/// show what cannot be), GROUP_CONCAT and JSON_ARRAYAGG (cut with a warning), REPEAT and SPACE (output
/// longer than the input), FORMAT and every function of numbers and dates (overflow, conversion),
/// INET and UUID functions (errors over values), AES (key warnings).
///
/// A test tries every entry over columns of all types on both servers.
pub(crate) const TOTAL: &[(&str, Total)] = &[
    // Text in, the same length out.
    ("lower", Total::AnyScalar(Text, 1)),
    ("lcase", Total::AnyScalar(Text, 1)),
    ("upper", Total::AnyScalar(Text, 1)),
    ("ucase", Total::AnyScalar(Text, 1)),
    ("reverse", Total::AnyScalar(Text, 1)),
    // As long as all arguments together.
    ("concat", Total::AnyScalar(LongerText, JOINED_MAX)),
    ("concat_ws", Total::AnyScalar(LongerText, JOINED_MAX)),
    // At most twice as long.
    ("hex", Total::String(LongerText)),
    ("to_base64", Total::String(LongerText)),
    // Not longer than the first argument.
    ("left", Total::Beside(Text, &[Value, Count], 2)),
    ("right", Total::Beside(Text, &[Value, Count], 2)),
    ("substr", Total::Beside(Text, &[Value, Count, Count], 2)),
    ("substring", Total::Beside(Text, &[Value, Count, Count], 2)),
    ("mid", Total::Beside(Text, &[Value, Count, Count], 2)),
    (
        "substring_index",
        Total::Beside(Text, &[Value, Place::Text, Count], 3),
    ),
    ("trim", Total::Beside(Text, &[Value, Place::Text], 1)),
    ("ltrim", Total::AnyScalar(Text, 1)),
    ("rtrim", Total::AnyScalar(Text, 1)),
    (
        "replace",
        Total::Beside(Text, &[Value, Replaced, Replacing], 3),
    ),
    // Of a length that is written down.
    (
        "lpad",
        Total::Beside(LongerText, &[Value, Length, Place::Text], 3),
    ),
    (
        "rpad",
        Total::Beside(LongerText, &[Value, Length, Place::Text], 3),
    ),
    // Of fixed length.
    ("md5", Total::AnyScalar(Text, 1)),
    ("sha", Total::AnyScalar(Text, 1)),
    ("sha1", Total::AnyScalar(Text, 1)),
    ("sha2", Total::Beside(Text, &[Value, Count], 2)),
    // Numbers that tell something about a text.
    ("length", Total::AnyScalar(Integer, 1)),
    ("octet_length", Total::AnyScalar(Integer, 1)),
    ("char_length", Total::AnyScalar(Integer, 1)),
    ("character_length", Total::AnyScalar(Integer, 1)),
    ("bit_length", Total::AnyScalar(Integer, 1)),
    ("ascii", Total::String(Integer)),
    ("ord", Total::String(Integer)),
    ("crc32", Total::String(Integer)),
    (
        "locate",
        Total::Beside(Integer, &[Place::Text, Value, Count], 2),
    ),
    ("position", Total::Beside(Integer, &[Place::Text, Value], 2)),
    ("instr", Total::Beside(Integer, &[Value, Place::Text], 2)),
    // NULL or not.
    ("isnull", Total::Anything(Integer)),
    ("count", Total::Anything(Integer)),
    // One of the values, by the order of its own type.
    ("min", Total::Same),
    ("max", Total::Same),
    ("any_value", Total::Same),
    ("first_value", Total::Same),
    ("last_value", Total::Same),
];
