//! Tokens: of the same form, equal for equal values, and back with the key only.

use masking::Mask;
use masking::alphabet::Alphabet;
use masking::error::BuildError;
use masking::error::RevealError;
use masking::key::MaskKey;
use mysql_proto::flags::ColumnFlags;
use mysql_proto::response::column::ColumnDefinition;
use mysql_proto::row::value::Value;
use mysql_proto::types::ColumnType;
use proptest::prelude::*;

use crate::common::column;
use crate::common::mask_binary;
use crate::common::mask_text;
use crate::common::show;
use crate::common::varchar;
use crate::common::with;

fn tokenize(alphabet: Alphabet, luhn: bool) -> Mask {
    let key = MaskKey::new(&[7; 32]).unwrap();
    Mask::tokenize(&key, alphabet, luhn).unwrap()
}

fn token(mask: &Mask, column: &ColumnDefinition<'static>, clear: &str) -> String {
    show(mask_text(mask, column, Some(clear.as_bytes())).as_deref())
}

fn decimal(length: u32, scale: u8, flags: ColumnFlags) -> ColumnDefinition<'static> {
    with(column(ColumnType::NewDecimal, 63, length), flags, scale)
}

#[test]
fn a_token_has_the_form_of_its_value() {
    let digits = tokenize(Alphabet::digits(), false);
    let words = tokenize(Alphabet::alphanumeric(), false);
    for (mask, clear) in [
        (&digits, "4111-1111 1111.1234"),
        (&digits, "+49 (30) 123-4567"),
        (&words, "alice.smith@corp.example"),
        (&words, "DE02 1203 0000 0000 2020 51"),
    ] {
        let token = token(mask, &varchar(60), clear);
        assert_ne!(token, clear);
        assert_eq!(token.len(), clear.len());
        for (clear, token) in clear.chars().zip(token.chars()) {
            assert_eq!(clear.is_ascii_alphanumeric(), token.is_ascii_alphanumeric());
            assert!(clear.is_ascii_alphanumeric() || clear == token);
        }
        assert_eq!(mask.reveal(&token, false).as_deref(), Ok(clear));
    }
}

#[test]
fn what_has_no_token_is_redacted() {
    let digits = tokenize(Alphabet::digits(), false);
    let luhn = tokenize(Alphabet::digits(), true);
    for (mask, clear) in [
        // Too short for a domain of a million.
        (&digits, "12345"),
        (&digits, ""),
        // Letters would be shown as they are.
        (&digits, "Ada 4111111111111234"),
        (&digits, "4111111111111234 \u{e9}"),
        (&digits, "\u{661}234567890"),
        // No card number.
        (&luhn, "4111111111111112"),
        (&luhn, "123456789"),
    ] {
        assert_eq!(token(mask, &varchar(60), clear), "[redacted]", "{clear}");
    }
    let (longest, long) = ("7".repeat(256), "7".repeat(257));
    assert_eq!(token(&digits, &varchar(300), &long), "[redacted]");
    assert_ne!(token(&digits, &varchar(300), &longest), "[redacted]");
}

#[test]
fn tokens_of_cards_pass_the_luhn_check() {
    let mask = tokenize(Alphabet::digits(), true);
    for clear in ["4111 1111 1111 1111", "5500-0055-5555-5559", "79927398713"] {
        let token = token(&mask, &varchar(60), clear);
        assert_ne!(token, clear);
        let digits: Vec<u32> = token.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(index, digit)| match index % 2 {
                0 => *digit,
                _ => (digit * 2) / 10 + (digit * 2) % 10,
            })
            .sum();
        assert_eq!(sum % 10, 0, "{token}");
        assert_eq!(mask.reveal(&token, false).as_deref(), Ok(clear));
    }
}

#[test]
fn equal_values_have_equal_tokens_in_every_type_protocol_and_charset() {
    let mask = tokenize(Alphabet::digits(), false);
    let text = token(&mask, &varchar(60), "20240506");
    for collation in [45, 63, 255] {
        let bytes = column(ColumnType::VarString, collation, 40);
        assert_eq!(token(&mask, &bytes, "20240506"), text);
    }
    let number = token(&mask, &column(ColumnType::Long, 63, 11), "20240506");
    assert_eq!(
        token(&mask, &column(ColumnType::LongLong, 63, 20), "20240506"),
        number
    );
    assert_eq!(
        token(&mask, &decimal(20, 0, ColumnFlags::empty()), "20240506"),
        number
    );
    let long = column(ColumnType::Long, 63, 11);
    let binary = mask_binary(&mask, &long, Value::Int(20_240_506), |value| {
        value == Value::Int(number.parse().unwrap())
    });
    assert!(binary);
    assert_eq!(mask.reveal(&number, true).as_deref(), Ok("20240506"));
    let wide = column(ColumnType::VarString, 54, 80);
    let utf16: Vec<u8> = "20240506"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let shown = mask_text(&mask, &wide, Some(&utf16)).unwrap();
    let expected: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(shown, expected);
}

#[test]
fn numbers_of_any_type_keep_sign_point_and_zeroes() {
    let mask = tokenize(Alphabet::digits(), false);
    let zerofill = ColumnFlags::ZEROFILL | ColumnFlags::UNSIGNED;
    for (column, clear) in [
        (column(ColumnType::Long, 63, 11), "-12345678"),
        (
            with(column(ColumnType::LongLong, 63, 20), zerofill, 0),
            "00000000000012345678",
        ),
        (decimal(12, 2, ColumnFlags::empty()), "-12345.67"),
        (decimal(12, 2, zerofill), "0012345.67"),
        (decimal(12, 9, ColumnFlags::empty()), "0.001234567"),
    ] {
        let token = token(&mask, &column, clear);
        assert_ne!(token, clear);
        assert_eq!(token.len(), clear.len());
        let sign = |c: char| matches!(c, '-' | '.');
        for (clear, token) in clear.chars().zip(token.chars()) {
            assert!(clear == token || !(sign(clear) || sign(token)), "{token}");
        }
        assert_eq!(mask.reveal(&token, true).as_deref(), Ok(clear));
    }
}

#[test]
fn numbers_without_a_token_are_zero() {
    let digits = tokenize(Alphabet::digits(), false);
    let words = tokenize(Alphabet::alphanumeric(), false);
    let long = column(ColumnType::Long, 63, 11);
    assert_eq!(token(&digits, &long, "12345"), "0");
    assert_eq!(token(&words, &long, "1234567"), "0");
    // Its magnitude fits no signed INT.
    assert_eq!(token(&digits, &long, "-2147483648"), "0");
    assert_eq!(
        token(&digits, &column(ColumnType::Double, 63, 22), "1234567"),
        "0"
    );
    assert_eq!(
        token(&digits, &column(ColumnType::Date, 63, 10), "2024-05-06"),
        "1970-01-01"
    );
}

#[test]
fn another_key_gives_other_tokens_and_reveals_nothing() {
    let one = tokenize(Alphabet::digits(), false);
    let key = MaskKey::new(&[8; 32]).unwrap();
    let other = Mask::tokenize(&key, Alphabet::digits(), false).unwrap();
    let shown = token(&one, &varchar(60), "4111111111111111");
    assert_ne!(token(&other, &varchar(60), "4111111111111111"), shown);
    assert_ne!(
        other.reveal(&shown, false).as_deref(),
        Ok("4111111111111111")
    );
}

#[test]
fn only_tokens_are_revealed() {
    let mask = tokenize(Alphabet::digits(), true);
    for token in ["", "12345", "4111111111111112", "abc", &"1".repeat(300)] {
        assert_eq!(
            mask.reveal(token, false),
            Err(RevealError::NoToken),
            "{token}"
        );
    }
    let words = tokenize(Alphabet::alphanumeric(), false);
    assert_eq!(words.reveal("123456", true), Err(RevealError::NoToken));
    for number in ["-", ".", "0123456.", "--1234567", "1e9999999", ""] {
        let _may_lead_anywhere = tokenize(Alphabet::digits(), false).reveal(number, true);
    }
    let hash = Mask::hash(MaskKey::new(&[7; 32]).unwrap(), 16).unwrap();
    assert_eq!(
        hash.reveal("0011223344556677", false),
        Err(RevealError::NotReversible)
    );
}

#[test]
fn alphabets_that_cannot_be_are_named() {
    for characters in ["", "a", "aa", "abca", "ab c", "ab\u{e9}"] {
        assert_eq!(
            Alphabet::of(characters),
            Err(BuildError::Alphabet),
            "{characters}"
        );
    }
    let key = MaskKey::new(&[7; 32]).unwrap();
    let mask = Mask::tokenize(&key, Alphabet::alphanumeric(), true);
    assert_eq!(mask.err(), Some(BuildError::LuhnAlphabet));
}

proptest! {
    #[test]
    fn a_token_leads_back_and_shows_nothing_else(
        clear in "[0-9A-Za-z@. -]{8,60}", luhn in "[1-9][0-9]{7,17}",
    ) {
        let words = tokenize(Alphabet::alphanumeric(), false);
        let text = token(&words, &varchar(60), &clear);
        if text != "[redacted]" {
            prop_assert_eq!(words.reveal(&text, false), Ok(clear));
        }
        let digits = tokenize(Alphabet::digits(), false);
        let unsigned = with(column(ColumnType::LongLong, 63, 20), ColumnFlags::UNSIGNED, 0);
        let number = token(&digits, &unsigned, &luhn);
        prop_assert_eq!(number.len(), luhn.len());
        prop_assert_eq!(digits.reveal(&number, true), Ok(luhn));
    }
}
