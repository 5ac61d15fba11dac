//! Which bytes make up words, numbers and names, and a text that is read past its end.

/// A text, one byte for each unit of its character set; what is not ASCII is [`OTHER`] or more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'t>(pub(crate) &'t [u8]);

/// The first byte that stands for something outside ASCII.
pub(crate) const OTHER: u8 = 0x80;

impl Text<'_> {
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The byte there; behind the end there are zeros.
    pub(crate) fn at(&self, index: usize) -> u8 {
        #[cfg(test)]
        steps::step();
        self.0.get(index).copied().unwrap_or(0)
    }

    /// The byte before; in front of the beginning there are zeros.
    pub(crate) fn before(&self, index: usize) -> u8 {
        match index.checked_sub(1) {
            Some(index) => self.at(index),
            None => 0,
        }
    }

    pub(crate) fn starts_with(&self, index: usize, word: &[u8]) -> bool {
        let mut bytes = word.iter().enumerate();
        bytes.all(|(offset, byte)| self.at(index + offset) == *byte)
    }

    /// The end of the run of such bytes, at most so many further on.
    pub(crate) fn run(&self, index: usize, most: usize, is: fn(u8) -> bool) -> usize {
        let mut end = index;
        while end - index < most && is(self.at(end)) {
            end += 1;
        }
        end
    }

    /// Whether no word goes on there.
    pub(crate) fn ends(&self, index: usize) -> bool {
        !is_word(self.at(index))
    }

    /// Whether no word comes from the left; the letter of an escape such as `\n` is no word.
    pub(crate) fn begins(&self, index: usize) -> bool {
        !is_word(self.before(index)) || self.is_behind_escape(index)
    }

    /// Whether what stands in front of there may be an escape of JSON.
    fn is_behind_escape(&self, index: usize) -> bool {
        let short = index >= 2 && self.at(index - 2) == b'\\' && is_escape(self.at(index - 1));
        let long = || {
            index >= 6 && self.at(index - 6) == b'\\' && self.escape_end(index - 6) == Some(index)
        };
        short || long()
    }

    /// The end of what looks like that, where `d` is any digit.
    pub(crate) fn pattern(&self, start: usize, pattern: &[u8]) -> Option<usize> {
        let mut bytes = pattern.iter().enumerate();
        let fits = bytes.all(|(offset, wanted)| match (self.at(start + offset), wanted) {
            (byte, b'd') => is_digit(byte),
            (byte, wanted) => byte == *wanted,
        });
        fits.then_some(start + pattern.len())
    }

    /// Whether a number in groups is not a part of a longer one.
    pub(crate) fn stands_alone(&self, start: usize, end: usize) -> bool {
        let joins = |byte: u8| matches!(byte, b'-' | b'.');
        let before = joins(self.before(start)) && is_digit(self.before(start.saturating_sub(1)));
        let behind = joins(self.at(end)) && is_digit(self.at(end + 1));
        self.begins(start) && self.ends(end) && !before && !behind
    }

    /// The end of the escape whose backslash stands there.
    pub(crate) fn escape_end(&self, index: usize) -> Option<usize> {
        match self.at(index + 1) {
            letter if is_escape(letter) => Some(index + 2),
            b'u' if self.run(index + 2, 4, is_hex) == index + 6 => Some(index + 6),
            _ => None,
        }
    }
}

pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(crate) const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

const fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// The letter of an escape of two characters in JSON.
const fn is_escape(byte: u8) -> bool {
    matches!(byte, b'b' | b'f' | b'n' | b'r' | b't')
}

/// What a scan costs: every look at a byte of a text is a step.
#[cfg(test)]
pub(crate) mod steps {
    use std::cell::Cell;

    thread_local! {
        static STEPS: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn step() {
        STEPS.set(STEPS.get() + 1);
    }

    /// The steps since the last call.
    pub(crate) fn take() -> usize {
        STEPS.replace(0)
    }
}
