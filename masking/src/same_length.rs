//! Masks under which a cell is as long as it was, so that it can be masked where it lies.

use mysql_proto::charset::CharShape;

use crate::ascii;
use crate::column::Class;
use crate::column::Column;
use crate::mask::Kind;
use crate::mask::Shape;
use crate::text::CARD;
use crate::text::Digits;
use crate::text::Kept;
use crate::text::PHONE;
use crate::text::char_shape;

/// What hides a text in ASCII without changing its length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SameLength {
    form: Form,
    shape: CharShape,
    fill: char,
}

/// What stays of a text.
#[derive(Clone, Copy, Debug)]
enum Form {
    Ends(Kept),
    Digits(Digits),
    Iban,
}

impl SameLength {
    /// For a mask that takes the type of the column; `None` where it may give cells of another length.
    pub(crate) fn new(kind: &Kind, column: &Column) -> Option<Self> {
        let (form, fill) = match kind {
            Kind::Partial {
                keep_first,
                keep_last,
                fill,
            } => {
                let kept = Kept {
                    first: *keep_first,
                    last: *keep_last,
                    fill: *fill,
                };
                (Form::Ends(kept), *fill)
            }
            Kind::Shape { shape, fill } => match shape {
                Shape::Email => return None,
                Shape::Phone => (Form::Digits(PHONE), *fill),
                Shape::Card => (Form::Digits(CARD), *fill),
                Shape::Iban => (Form::Iban, *fill),
            },
            Kind::Redact
            | Kind::Null
            | Kind::Hash { .. }
            | Kind::Tokenize(_)
            | Kind::Date(_)
            | Kind::Bucket { .. }
            | Kind::Fixed { .. }
            | Kind::Renumber(_) => return None,
        };
        let shape = shape(column.class)?;
        Some(Self { form, shape, fill })
    }

    /// Hides the content of a cell; false, with nothing changed, where its masked form may have
    /// another length.
    #[inline]
    pub(crate) fn hide(&self, text: &mut [u8]) -> bool {
        let Some(fill) = ascii::fill_of(self.shape, text, self.fill) else {
            return false;
        };
        match self.form {
            // The empty text shows as one that was hidden.
            Form::Ends(_) if text.is_empty() => false,
            Form::Ends(kept) => {
                ascii::hide_middle(kept, fill, text);
                true
            }
            Form::Digits(digits) => ascii::hide_digits(fill, text, digits),
            Form::Iban => ascii::hide_iban(fill, text),
        }
    }
}

/// How the characters of a cell are written, where they may be single bytes of ASCII.
fn shape(class: Class) -> Option<CharShape> {
    match char_shape(class)? {
        shape @ (CharShape::Utf8 | CharShape::SingleByte) => Some(shape),
        CharShape::Ucs2
        | CharShape::Utf16
        | CharShape::Utf16le
        | CharShape::Utf32
        | CharShape::MultiByte
        | CharShape::NotAscii => None,
    }
}
