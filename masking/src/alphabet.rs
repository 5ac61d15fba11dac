//! The characters of which tokens are made.

use crate::error::BuildError;

/// Distinct characters of ASCII, in an order that is a part of what a token means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Alphabet {
    characters: Vec<char>,
}

impl Alphabet {
    /// The digits: the only alphabet whose tokens are numbers.
    #[must_use]
    pub fn digits() -> Self {
        Self {
            characters: ('0'..='9').collect(),
        }
    }

    /// Digits, then capital and small letters.
    #[must_use]
    pub fn alphanumeric() -> Self {
        let characters = ('0'..='9').chain('A'..='Z').chain('a'..='z');
        Self {
            characters: characters.collect(),
        }
    }

    /// These characters.
    ///
    /// # Errors
    ///
    /// [`BuildError::Alphabet`] when there are fewer than two, one stands twice, or one is not
    /// visible ASCII.
    pub fn of(characters: &str) -> Result<Self, BuildError> {
        let characters: Vec<char> = characters.chars().collect();
        let mut sorted = characters.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let visible = characters.iter().all(char::is_ascii_graphic);
        if !visible || sorted.len() != characters.len() || characters.len() < 2 {
            return Err(BuildError::Alphabet);
        }
        Ok(Self { characters })
    }

    /// How many characters there are.
    pub(crate) fn radix(&self) -> u32 {
        u32::try_from(self.characters.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn is_digits(&self) -> bool {
        *self == Self::digits()
    }

    pub(crate) fn numeral(&self, character: char) -> Option<u16> {
        let place = self.characters.iter().position(|known| *known == character);
        place.and_then(|place| u16::try_from(place).ok())
    }

    pub(crate) fn character(&self, numeral: u16) -> Option<char> {
        self.characters.get(usize::from(numeral)).copied()
    }
}
