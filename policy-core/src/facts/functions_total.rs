//! Functions that cannot fail, warn, choose what else is evaluated, or cost more than their input.
//!
//! Only through these may a protected column reach the result (redacted); through all others it
//! counts as steering it.

/// Over which arguments a function is total, and what it gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Total {
    /// Over values of any plain type: each has a text form.
    AnyScalar(Gives),
    /// Over strings only: other types would be converted, which can warn.
    Strings(Gives),
    /// Over one plain value, then literals: lengths and kinds are checked once, before any row.
    ThenLiterals(Gives),
    /// Over plain values, giving one of them.
    Same,
    /// Over anything, without looking inside.
    Anything(Gives),
}

impl Total {
    /// The type of the result; `None` for that of an argument.
    pub(crate) fn gives(&self) -> Option<Gives> {
        match self {
            Self::AnyScalar(gives)
            | Self::Strings(gives)
            | Self::ThenLiterals(gives)
            | Self::Anything(gives) => Some(*gives),
            Self::Same => None,
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

/// Left out on purpose: QUOTE, LOCATE, INSTR, POSITION and
/// STRCMP (they convert one text to the character set of another, and show what cannot be), GROUP_CONCAT and JSON_ARRAYAGG (cut with a warning), REPEAT, SPACE, LPAD
/// and REPLACE (output longer than the input), FORMAT and every function of numbers and dates
/// (overflow, conversion), INET and UUID functions (errors over values), AES (key warnings).
pub(crate) const TOTAL: &[(&str, Total)] = &[
    // Text in, the same length out.
    ("lower", Total::AnyScalar(Text)),
    ("lcase", Total::AnyScalar(Text)),
    ("upper", Total::AnyScalar(Text)),
    ("ucase", Total::AnyScalar(Text)),
    ("reverse", Total::AnyScalar(Text)),
    // As long as all arguments together.
    ("concat", Total::AnyScalar(LongerText)),
    ("concat_ws", Total::AnyScalar(LongerText)),
    // At most twice as long.
    ("hex", Total::Strings(LongerText)),
    ("to_base64", Total::Strings(LongerText)),
    // Not longer than the first argument.
    ("left", Total::ThenLiterals(Text)),
    ("right", Total::ThenLiterals(Text)),
    ("substr", Total::ThenLiterals(Text)),
    ("substring", Total::ThenLiterals(Text)),
    ("mid", Total::ThenLiterals(Text)),
    ("substring_index", Total::ThenLiterals(Text)),
    ("trim", Total::ThenLiterals(Text)),
    ("ltrim", Total::AnyScalar(Text)),
    ("rtrim", Total::AnyScalar(Text)),
    // Of fixed length.
    ("md5", Total::AnyScalar(Text)),
    ("sha", Total::AnyScalar(Text)),
    ("sha1", Total::AnyScalar(Text)),
    ("sha2", Total::ThenLiterals(Text)),
    // Numbers that tell something about a text.
    ("length", Total::AnyScalar(Integer)),
    ("octet_length", Total::AnyScalar(Integer)),
    ("char_length", Total::AnyScalar(Integer)),
    ("character_length", Total::AnyScalar(Integer)),
    ("bit_length", Total::AnyScalar(Integer)),
    ("ascii", Total::Strings(Integer)),
    ("ord", Total::Strings(Integer)),
    ("crc32", Total::Strings(Integer)),
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
