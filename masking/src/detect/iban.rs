//! Bank accounts: ISO 13616, by country, length and check digits.

use crate::detect::words::Text;

/// The longest that the standard allows.
const IBAN_LENGTH_MAX: usize = 34;

/// The account whose country stands there, whole or in groups of four.
pub(crate) fn iban(text: Text<'_>, start: usize) -> Option<(usize, usize)> {
    let country = [
        text.at(start).to_ascii_uppercase(),
        text.at(start + 1).to_ascii_uppercase(),
    ];
    let is_checked = text.at(start + 2).is_ascii_digit() && text.at(start + 3).is_ascii_digit();
    if !is_checked || !text.begins(start) {
        return None;
    }
    let length = length(country)?;
    let separator = Some(text.at(start + 4)).filter(|byte| matches!(byte, b' ' | b'-'));
    let mut account = [0; IBAN_LENGTH_MAX];
    let mut index = start;
    for (count, place) in account.iter_mut().take(length).enumerate() {
        if let Some(separator) = separator
            && count > 0
            && count.is_multiple_of(4)
        {
            if text.at(index) != separator {
                return None;
            }
            index += 1;
        }
        let byte = text.at(index);
        if !byte.is_ascii_alphanumeric() {
            return None;
        }
        *place = byte;
        index += 1;
    }
    let (head, tail) = account.split_at(4);
    let tail = tail.iter().take(length - 4);
    let rest = tail
        .chain(head)
        .fold(0, |rest, byte| remainder(rest, *byte));
    (rest == 1 && text.ends(index)).then_some((start, index))
}

/// ISO/IEC 7064, MOD 97-10: letters count from ten.
const fn remainder(rest: u32, byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => (rest * 10 + (byte - b'0') as u32) % 97,
        letter => (rest * 100 + (letter.to_ascii_uppercase() - b'A') as u32 + 10) % 97,
    }
}

/// The length of that country's accounts, by the registry of ISO 13616.
const fn length(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FK" | b"FO" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"CR" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL"
        | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" | b"YE" => 29,
        b"JO" | b"KW" | b"MU" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}
