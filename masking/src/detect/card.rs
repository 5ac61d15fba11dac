//! Numbers in groups: payment cards and social security numbers.

use crate::detect::words::Text;
use crate::detect::words::is_digit;

/// The most digits of a card.
const CARD_DIGITS_MAX: usize = 19;

/// The groups in which cards are written, besides one group of all digits; the longest first.
const LAYOUTS: [&[usize]; 6] = [
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4],
    &[6, 13],
    &[4, 6, 5],
    &[4, 6, 4],
];

/// A card whose first digit stands there: a known issuer, a length of theirs, and Luhn's digit.
pub(crate) fn card(text: Text<'_>, start: usize) -> Option<(usize, usize)> {
    let first = text.run(start, CARD_DIGITS_MAX + 1, is_digit) - start;
    let separator = text.at(start + first);
    if matches!(separator, b' ' | b'-' | b'.') && is_digit(text.at(start + first + 1)) {
        let mut layouts = LAYOUTS
            .iter()
            .filter(|layout| layout.first() == Some(&first));
        if let Some(found) = layouts.find_map(|layout| grouped(text, start, layout)) {
            return Some(found);
        }
        if separator == b'.' {
            return None;
        }
    }
    // A part of a number with a fraction is no card.
    let is_fraction = text.before(start) == b'.' && is_digit(text.before(start.saturating_sub(1)));
    if is_fraction || !text.ends(start + first) || !text.begins(start) {
        return None;
    }
    let mut digits = Digits::default();
    (start..start + first).for_each(|index| digits.push(text.at(index)));
    digits.is_card().then_some((start, start + first))
}

fn grouped(text: Text<'_>, start: usize, layout: &[usize]) -> Option<(usize, usize)> {
    let separator = text.at(start + layout.first()?);
    let mut digits = Digits::default();
    let mut index = start;
    for (group, length) in layout.iter().enumerate() {
        if group > 0 {
            if text.at(index) != separator {
                return None;
            }
            index += 1;
        }
        if text.run(index, length + 1, is_digit) != index + length {
            return None;
        }
        (index..index + length).for_each(|index| digits.push(text.at(index)));
        index += length;
    }
    (text.begins(start) && text.ends(index) && digits.is_card()).then_some((start, index))
}

/// The digits of what may be a card.
#[derive(Debug, Default)]
struct Digits {
    count: usize,
    value: u128,
}

impl Digits {
    fn push(&mut self, digit: u8) {
        self.count += 1;
        self.value = self.value * 10 + u128::from(digit.saturating_sub(b'0'));
    }

    fn is_card(&self) -> bool {
        self.is_issued() && self.luhn()
    }

    /// The first so many digits.
    fn prefix(&self, count: usize) -> u32 {
        let behind = u32::try_from(self.count.saturating_sub(count)).unwrap_or(u32::MAX);
        let prefix = 10_u128.checked_pow(behind).map_or(0, |by| self.value / by);
        u32::try_from(prefix).unwrap_or(u32::MAX)
    }

    /// Whether cards of that beginning have that length. Thirteen digits are left out: Visa has
    /// given them up, and barcodes have them.
    fn is_issued(&self) -> bool {
        let by_four = match self.prefix(4) {
            // American Express.
            3400..=3499 | 3700..=3799 => self.count == 15,
            // Diners Club.
            3000..=3059 | 3600..=3699 | 3800..=3999 => self.count == 14,
            // JCB, Visa, Mastercard, Mir, Discover, RuPay, Troy.
            3528..=3589 | 4000..=4999 | 5100..=5599 | 2221..=2720 | 2200..=2204 => self.count == 16,
            6011 | 6440..=6599 | 5080..=5089 | 9792 => self.count == 16,
            // UnionPay.
            6200..=6299 => self.count >= 16,
            _ => false,
        };
        let is_maestro = matches!(
            self.prefix(4),
            5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763
        );
        self.count <= CARD_DIGITS_MAX && (by_four || (is_maestro && self.count >= 12))
    }

    /// ISO/IEC 7812-1, annex B.
    fn luhn(&self) -> bool {
        let (mut rest, mut sum, mut doubled) = (self.value, 0, false);
        while rest > 0 {
            let digit = rest % 10;
            let weighted = if doubled { digit * 2 } else { digit };
            sum += weighted % 10 + weighted / 10;
            doubled = !doubled;
            rest /= 10;
        }
        sum % 10 == 0
    }
}

/// `ddd-dd-dddd`, but for the numbers that are never given out.
pub(crate) fn social_security(text: Text<'_>, start: usize) -> Option<(usize, usize)> {
    let end = text.pattern(start, b"ddd-dd-dddd")?;
    let is_given = text.at(start) != b'9'
        && !text.starts_with(start, b"000")
        && !text.starts_with(start, b"666")
        && !text.starts_with(start + 4, b"00")
        && !text.starts_with(start + 7, b"0000");
    (is_given && text.stands_alone(start, end)).then_some((start, end))
}
