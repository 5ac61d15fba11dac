//! Tokens: values that keep the form of what they stand for, and lead back to it with the key only.
//!
//! A token is made by FF1 (NIST SP 800-38G) over the characters of the alphabet, in their order.
//! Signs between them stay where they are, so a token tells the length, the signs and which values
//! are equal. What is too short for a domain of a million, and what holds letters or digits that
//! are not in the alphabet, has no token.

use std::fmt;

use aes::Aes256;
use fpe::ff1::FF1;
use fpe::ff1::FlexibleNumeralString;
use mysql_proto::charset::CharShape;
use mysql_proto::row::value::Value;
use zeroize::Zeroizing;

use crate::alphabet::Alphabet;
use crate::chars::Chars;
use crate::chars::put_char;
use crate::column::Class;
use crate::column::Column;
use crate::error::BuildError;
use crate::key::MaskKey;
use crate::render::Shown;

/// The most characters of a token: FF1's cost grows with the square of them.
const NUMERALS_MAX: usize = 256;

/// How often a number is permuted until it lies in its own range again.
///
/// The narrowest range holds one of fifteen numbers of its length, so that this many steps fail
/// once in 10^30.
const STEPS_MAX: usize = 1000;

/// The greatest numbers of the integer types with six digits and more.
///
/// A number and its token lie on the same side of each, so that a token fits every type that the
/// number fits, and is the same in all of them.
const ENDS: [&str; 6] = [
    "8388607",
    "16777215",
    "2147483647",
    "4294967295",
    "9223372036854775807",
    "18446744073709551615",
];

/// Makes tokens, and takes them back.
pub(crate) struct Tokenizer {
    cipher: FF1<Aes256>,
    alphabet: Alphabet,
    luhn: bool,
}

/// Which way a value goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Direction {
    Tokenize,
    Reveal,
}

impl Tokenizer {
    pub(crate) fn new(key: &MaskKey, alphabet: Alphabet, luhn: bool) -> Result<Self, BuildError> {
        if luhn && !alphabet.is_digits() {
            return Err(BuildError::LuhnAlphabet);
        }
        let secret = Zeroizing::new(key.digest(b't', b"ff1 aes-256"));
        let cipher = FF1::<Aes256>::new(secret.as_slice(), alphabet.radix());
        let cipher = cipher.map_err(|_| BuildError::Alphabet)?;
        Ok(Self {
            cipher,
            alphabet,
            luhn,
        })
    }

    /// Whether numbers have tokens, too.
    pub(crate) fn takes_numbers(&self) -> bool {
        self.alphabet.is_digits()
    }

    /// The token of a cell; `None` where it has none.
    pub(crate) fn show(
        &self,
        clear: Value<'_>,
        column: &Column,
        buffer: &mut Vec<u8>,
    ) -> Option<Shown> {
        buffer.clear();
        let number = |digits: String| self.number(Direction::Tokenize, &digits);
        match (column.class, clear) {
            (Class::Text(charset), Value::Bytes(text)) => {
                self.text(Direction::Tokenize, (charset.shape(), text), buffer)?;
            }
            (Class::Bytes | Class::FixedBytes, Value::Bytes(text)) => {
                self.text(Direction::Tokenize, (CharShape::SingleByte, text), buffer)?;
            }
            (Class::Integer { bits }, Value::Int(value)) => {
                let token: i64 = number(value.to_string())?.parse().ok()?;
                let end = 1_i128 << bits.saturating_sub(1);
                let fits = (-end..end).contains(&i128::from(token));
                return fits.then_some(Shown::Int(token));
            }
            (Class::Integer { bits }, Value::UInt(value)) => {
                let token: u64 = number(value.to_string())?.parse().ok()?;
                let fits = u128::from(token) < 1_u128 << bits.min(64);
                return fits.then_some(Shown::UInt(token));
            }
            (Class::Decimal, Value::Bytes(text)) => {
                let token = number(str::from_utf8(text).ok()?.to_owned())?;
                buffer.extend_from_slice(token.as_bytes());
            }
            _ => return None,
        }
        Some(Shown::Buffer)
    }

    /// What a token stands for.
    pub(crate) fn reveal(&self, token: &str, is_number: bool) -> Option<String> {
        if is_number {
            return self.number(Direction::Reveal, token);
        }
        let mut clear = Vec::new();
        let text = (CharShape::Utf8, token.as_bytes());
        self.text(Direction::Reveal, text, &mut clear)?;
        String::from_utf8(clear).ok()
    }

    /// Permutes the characters of the alphabet within a text.
    fn text(
        &self,
        direction: Direction,
        (shape, text): (CharShape, &[u8]),
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let mut numerals = Vec::new();
        for character in Chars::new(shape, text) {
            let character = character?;
            match self.alphabet.numeral(character) {
                Some(_) if numerals.len() >= NUMERALS_MAX => return None,
                Some(numeral) => numerals.push(numeral),
                None if stays(character) => {}
                // It would be shown as it is.
                None => return None,
            }
        }
        let mut permuted = self.permute(direction, numerals)?.into_iter();
        for character in Chars::new(shape, text) {
            let mut character = character?;
            if self.alphabet.numeral(character).is_some() {
                character = self.alphabet.character(permuted.next()?)?;
            }
            put_char(shape, character, out).then_some(())?;
        }
        Some(())
    }

    /// Permutes the digits of a number, whose sign, point and leading zeroes stay.
    fn number(&self, direction: Direction, text: &str) -> Option<String> {
        if !self.takes_numbers() {
            return None;
        }
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let digits: String = unsigned.chars().filter(|sign| *sign != '.').collect();
        let significant = digits.trim_start_matches('0');
        let mut numerals = Vec::new();
        for character in significant.chars() {
            numerals.push(self.alphabet.numeral(character)?);
        }
        let range = range(&numerals)?;
        let mut steps = 0;
        loop {
            numerals = self.permute(direction, numerals)?;
            if self::range(&numerals) == Some(range) {
                break;
            }
            steps += 1;
            if steps >= STEPS_MAX {
                return None;
            }
        }
        let zeroes = digits.len().saturating_sub(significant.len());
        let mut permuted = std::iter::repeat_n(0, zeroes).chain(numerals);
        let mut token = String::with_capacity(text.len());
        for character in text.chars() {
            token.push(match character {
                '-' | '.' => character,
                _ => self.alphabet.character(permuted.next()?)?,
            });
        }
        Some(token)
    }

    fn permute(&self, direction: Direction, mut numerals: Vec<u16>) -> Option<Vec<u16>> {
        if numerals.len() > NUMERALS_MAX {
            return None;
        }
        if self.luhn {
            // The last digit follows from the others, in the value as in the token.
            let check = numerals.pop()?;
            (luhn(&numerals) == check).then_some(())?;
        }
        let clear = FlexibleNumeralString::from(numerals);
        // FF1 refuses domains of less than a million.
        let permuted = match direction {
            Direction::Tokenize => self.cipher.encrypt(&[], &clear),
            Direction::Reveal => self.cipher.decrypt(&[], &clear),
        };
        let mut permuted = Vec::from(permuted.ok()?);
        if self.luhn {
            permuted.push(luhn(&permuted));
        }
        Some(permuted)
    }
}

impl fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Tokenizer");
        shown.field("alphabet", &self.alphabet);
        shown.field("luhn", &self.luhn).finish_non_exhaustive()
    }
}

/// Whether a character outside the alphabet may stand in a token: signs, blanks, and the zero
/// bytes that fill a BINARY up.
const fn stays(character: char) -> bool {
    character.is_ascii_punctuation() || matches!(character, ' ' | '\0')
}

/// Where a number lies between the ends of the types; `None` for none, or one with leading zeroes.
fn range(digits: &[u16]) -> Option<usize> {
    if matches!(digits.first(), None | Some(0)) {
        return None;
    }
    let is_above = |end: &&&str| {
        let end = end.bytes().map(|digit| u16::from(digit.wrapping_sub(b'0')));
        end.len() == digits.len() && digits.iter().copied().gt(end)
    };
    Some(ENDS.iter().filter(is_above).count())
}

/// The check digit behind these digits.
fn luhn(digits: &[u16]) -> u16 {
    let doubled = |(index, digit): (usize, &u16)| match (index % 2, *digit) {
        (0, digit @ 0..=4) => digit * 2,
        (0, digit) => digit.saturating_mul(2).saturating_sub(9),
        (_, digit) => digit,
    };
    let sum = digits.iter().rev().enumerate().map(doubled);
    let sum = sum.fold(0_u16, |sum, digit| (sum + digit) % 10);
    (10 - sum) % 10
}

#[cfg(test)]
mod tests {
    use aes::Aes128;
    use aes::Aes192;
    use aes::cipher::BlockCipher;
    use aes::cipher::BlockEncrypt;
    use aes::cipher::KeyInit;

    use super::*;

    fn tokenizer(alphabet: Alphabet, luhn: bool) -> Tokenizer {
        let key = MaskKey::new(b"a key of the tests, long enough").unwrap();
        Tokenizer::new(&key, alphabet, luhn).unwrap()
    }

    fn numerals(text: &str) -> Vec<u16> {
        let digit = |c: char| u16::try_from(c.to_digit(36).unwrap()).unwrap();
        text.chars().map(digit).collect()
    }

    fn vector<C: BlockCipher + BlockEncrypt + Clone + KeyInit>(
        key: &[u8],
        (radix, tweak): (u32, &[u8]),
        clear: &str,
        token: &str,
    ) {
        let cipher = FF1::<C>::new(key, radix).unwrap();
        let (clear, token) = (numerals(clear), numerals(token));
        let encrypted = cipher.encrypt(tweak, &FlexibleNumeralString::from(clear.clone()));
        assert_eq!(Vec::from(encrypted.unwrap()), token);
        let decrypted = cipher.decrypt(tweak, &FlexibleNumeralString::from(token));
        assert_eq!(Vec::from(decrypted.unwrap()), clear);
    }

    /// The nine samples that NIST publishes for FF1.
    #[test]
    fn ff1_gives_the_sample_values_of_nist() {
        const KEY: [u8; 32] = [
            0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf,
            0x4f, 0x3c, 0xef, 0x43, 0x59, 0xd8, 0xd5, 0x80, 0xaa, 0x4f, 0x7f, 0x03, 0x6d, 0x6f,
            0x04, 0xfc, 0x6a, 0x94,
        ];
        const TWEAK: [u8; 10] = [0x39, 0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31, 0x30];
        const TWEAK_36: [u8; 11] = [
            0x37, 0x37, 0x37, 0x37, 0x70, 0x71, 0x72, 0x73, 0x37, 0x37, 0x37,
        ];
        let (ten, long) = ("0123456789", "0123456789abcdefghi");
        vector::<Aes128>(&KEY[..16], (10, &[]), ten, "2433477484");
        vector::<Aes128>(&KEY[..16], (10, &TWEAK), ten, "6124200773");
        vector::<Aes128>(&KEY[..16], (36, &TWEAK_36), long, "a9tv40mll9kdu509eum");
        vector::<Aes192>(&KEY[..24], (10, &[]), ten, "2830668132");
        vector::<Aes192>(&KEY[..24], (10, &TWEAK), ten, "2496655549");
        vector::<Aes192>(&KEY[..24], (36, &TWEAK_36), long, "xbj3kv35jrawxv32ysr");
        vector::<Aes256>(&KEY, (10, &[]), ten, "6657667009");
        vector::<Aes256>(&KEY, (10, &TWEAK), ten, "1001623463");
        vector::<Aes256>(&KEY, (36, &TWEAK_36), long, "xs8a0azh2avyalyzuwd");
    }

    #[test]
    fn a_domain_under_a_million_has_no_tokens() {
        let digits = tokenizer(Alphabet::digits(), false);
        assert_eq!(digits.reveal("12345", false), None);
        assert!(digits.reveal("123456", false).is_some());
        let letters = tokenizer(Alphabet::of("abcdefghijklmnopqrstuvwxyz").unwrap(), false);
        // 26^4 is 456,976.
        assert_eq!(letters.reveal("abcd", false), None);
        assert!(letters.reveal("abcde", false).is_some());
        let bits = tokenizer(Alphabet::of("01").unwrap(), false);
        assert_eq!(bits.reveal(&"0".repeat(19), false), None);
        assert!(bits.reveal(&"0".repeat(20), false).is_some());
        // The check digit adds nothing to the domain.
        assert_eq!(
            tokenizer(Alphabet::digits(), true).reveal("123455", false),
            None
        );
    }

    #[test]
    fn check_digits_are_those_of_luhn() {
        for number in ["4111111111111111", "5500005555555559", "79927398713", "0"] {
            let mut digits = numerals(number);
            let check = digits.pop().unwrap();
            assert_eq!(luhn(&digits), check, "{number}");
        }
    }

    #[test]
    fn numbers_stay_within_the_types_that_they_fit() {
        let digits = tokenizer(Alphabet::digits(), false);
        for (number, least, most) in [
            (8_388_607_u64, 1_000_000_u64, 8_388_607_u64),
            (8_388_608, 8_388_608, 9_999_999),
            (16_777_215, 10_000_000, 16_777_215),
            (2_147_483_647, 1_000_000_000, 2_147_483_647),
            (2_147_483_648, 2_147_483_648, 4_294_967_295),
            (
                9_223_372_036_854_775_807,
                1_000_000_000_000_000_000,
                9_223_372_036_854_775_807,
            ),
            (u64::MAX, 10_000_000_000_000_000_000, u64::MAX),
        ] {
            let token = digits
                .number(Direction::Tokenize, &number.to_string())
                .unwrap();
            let token: u64 = token.parse().unwrap();
            assert!((least..=most).contains(&token), "{number} {token}");
            let clear = digits.number(Direction::Reveal, &token.to_string());
            assert_eq!(clear, Some(number.to_string()));
        }
    }
}
