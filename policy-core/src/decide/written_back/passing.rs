//! Values that are too long to be kept: what is looked for in them is looked for as they pass.
//!
//! Of the value, and of each text within a document, only the beginning is known in the end. What
//! begins as a mask shows it is taken for that: hardly any real value of such a length does.

use crate::decide::request::Values;
use crate::decide::written_back::Form;
use crate::decide::written_back::fixed;
use crate::decide::written_back::is_constant;
use crate::decide::written_back::is_digit_separator;
use crate::decide::written_back::is_email;
use crate::decide::written_back::is_looked_at;
use crate::decide::written_back::is_partial;
use crate::decide::written_back::is_written_with;
use crate::decide::written_back::refusal;
use crate::decision::Denial;
use crate::policy::mask::REDACTED_TEXT;
use crate::policy::mask::Shape;
use crate::policy::set::PolicySet;

/// A value that passes in parts.
///
/// All parts must be pushed, and [`Passing::check`] be asked, under one policy and for one statement;
/// where one of them is another by then, nothing is known.
#[derive(Clone, Debug, Default)]
pub struct Passing {
    value: Beginning,
    /// The text at which a document stands, from its last quote on.
    text: Beginning,
    shown: bool,
}

impl Passing {
    /// Looks through the next part.
    pub fn push(&mut self, policy: &PolicySet, written: &Values<'_>, part: &[u8]) {
        self.value.push(part);
        let is_document = matches!(self.value.bytes.first(), Some(b'{' | b'['));
        if !is_document || self.shown || !is_looked_at(policy, written) {
            return;
        }
        let mut texts = part.split(|byte| matches!(byte, b'"' | b'\''));
        // The first goes on with what came before.
        self.text.push(texts.next().unwrap_or_default());
        for text in texts {
            self.shown |= self.text.may_be_shown(policy, written);
            self.text.begin(text);
        }
    }

    /// How it begins.
    #[must_use]
    pub fn beginning(&self) -> &[u8] {
        &self.value.bytes
    }

    /// Refuses to store it where a mask may have shown it, or a text within it.
    ///
    /// # Errors
    /// The refusal.
    pub fn check(&self, policy: &PolicySet, written: &Values<'_>) -> Result<(), Denial> {
        let may_be_shown = is_looked_at(policy, written)
            // A statement that carries another is searched at every place, which is too late now.
            && (written.carried
                || self.shown
                || self.text.may_be_shown(policy, written)
                || self.value.may_be_shown(policy, written));
        match may_be_shown {
            true => Err(refusal()),
            false => Ok(()),
        }
    }
}

/// The beginning of a value or a text.
#[derive(Clone, Debug, Default)]
struct Beginning {
    bytes: Vec<u8>,
    /// Whether more came, which is not kept.
    goes_on: bool,
}

impl Beginning {
    fn push(&mut self, part: &[u8]) {
        let room = BEGINNING_BYTES_MAX.saturating_sub(self.bytes.len());
        let (kept, rest) = part.split_at(room.min(part.len()));
        self.bytes.extend_from_slice(kept);
        self.goes_on |= !rest.is_empty();
    }

    fn begin(&mut self, part: &[u8]) {
        self.bytes.clear();
        self.goes_on = false;
        self.push(part);
    }

    fn may_be_shown(&self, policy: &PolicySet, written: &Values<'_>) -> bool {
        let text: &[u8] = &self.bytes;
        if !self.goes_on {
            let text = text.strip_suffix(b"\\").unwrap_or(text);
            return is_constant(policy, text, false) || is_partial(policy, text, written);
        }
        let mut constants = fixed(policy).chain([REDACTED_TEXT.as_bytes()]);
        constants.any(|constant| constant.starts_with(text))
            || valid(text).is_some_and(|text| {
                is_written_with(policy, written, |form| may_begin_so(form, text))
            })
    }
}

/// How much is kept: more than any mask leaves of a value, so that the rest of the beginning tells.
const BEGINNING_BYTES_MAX: usize = 4096;

/// The text, whose last character may be cut; `None` where it is none.
fn valid(bytes: &[u8]) -> Option<&str> {
    match str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(bytes.get(..error.valid_up_to())?).ok()
        }
        Err(_) => None,
    }
}

/// Whether a longer text that begins so may look as if it came from such a mask.
fn may_begin_so(form: Form, text: &str) -> bool {
    let Form {
        shape,
        fill,
        kept: (first, last),
    } = form;
    // What is kept at the end may begin anywhere in what is known.
    let is_filled = |letters: &[char], last: usize| {
        let hidden = letters.len().saturating_sub(last);
        letters.iter().take(hidden).all(|c| *c == fill)
    };
    match shape {
        Shape::Plain => {
            let letters: Vec<char> = text.chars().skip(first).collect();
            is_filled(&letters, last)
        }
        Shape::Email => is_email(fill, text) || text.chars().all(|c| c == fill),
        Shape::Phone | Shape::Card => {
            let letters: Vec<char> = text.chars().filter(|c| !is_digit_separator(*c)).collect();
            is_filled(&letters, if shape == Shape::Phone { 3 } else { 4 })
        }
        Shape::Iban => {
            let mut letters = text.chars().filter(|c| !matches!(c, ' ' | '-'));
            letters.nth(34).is_none() || text.chars().all(|c| c == fill)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_as_a_mask_shows_it_is_found() {
        let check = |shape, kept, text: &str, expected| {
            let fill = '*';
            let form = Form { shape, fill, kept };
            let begins = text.chars().take(12).collect::<String>();
            assert_eq!(may_begin_so(form, text), expected, "{shape:?}: {begins}");
        };
        let stars = "*".repeat(4096);
        for shape in [
            Shape::Plain,
            Shape::Email,
            Shape::Phone,
            Shape::Card,
            Shape::Iban,
        ] {
            check(shape, (2, 2), &stars, true);
            check(shape, (2, 2), &"x".repeat(4096), false);
            check(shape, (2, 2), &"2 * 3 = 6\n".repeat(400), false);
        }
        check(Shape::Plain, (2, 2), &format!("ab{stars}"), true);
        check(Shape::Plain, (2, 2), &format!("abc{stars}"), false);
        check(Shape::Plain, (0, 2), &format!("{stars}yz"), true);
        let domain = "x".repeat(4090);
        check(Shape::Email, (0, 0), &format!("a***@{domain}"), true);
        check(Shape::Email, (0, 0), &format!("ab***@{domain}"), false);
        check(Shape::Phone, (0, 0), &"+** ".repeat(1000), true);
        check(Shape::Phone, (0, 0), &"+** 1".repeat(800), false);
        check(Shape::Card, (0, 0), &" ".repeat(4096), true);
        check(Shape::Iban, (0, 0), &" ".repeat(4096), true);
        check(Shape::Iban, (0, 0), &"DE** ****".repeat(400), false);
    }

    #[test]
    fn a_text_may_be_cut_within_a_character_but_hold_nothing_else() {
        assert_eq!(valid("aä".as_bytes()), Some("aä"));
        assert_eq!(valid(&"aä".as_bytes()[..2]), Some("a"));
        assert_eq!(valid(b"a\xffb"), None);
    }
}
