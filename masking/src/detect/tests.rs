//! Known answers, good and bad; what is shown holds no find; the work is linear.

use mysql_proto::charset::Charset;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::detect::hide::Hiding;
use crate::detect::hide::Look;
use crate::detect::units::Units;
use crate::detect::words::steps;

fn look(set: DetectorSet, units: Units) -> Look {
    Look {
        set,
        units,
        is_json: false,
    }
}

fn hidden(set: DetectorSet, text: &str) -> (String, Counts) {
    let (mut bytes, mut counts) = (text.as_bytes().to_vec(), Counts::default());
    let hidden =
        Hiding::default().hide(look(set, Units::Bytes), &mut bytes, usize::MAX, &mut counts);
    assert!(hidden.settled, "{text}");
    (String::from_utf8_lossy(&bytes).into_owned(), counts)
}

/// What one detector makes of a text, and what all make of it.
fn check(detector: Detector, text: &str, expected: &str) {
    let (shown, counts) = hidden(DetectorSet::NONE.with(detector), text);
    assert_eq!(shown, expected, "{text}");
    let found: Vec<_> = counts.found().map(|(detector, _)| detector).collect();
    assert_eq!(found.is_empty(), text == expected, "{text}");
    assert!(found.iter().all(|found| *found == detector), "{text}");
}

fn finds_nothing(detector: Detector, text: &str) {
    check(detector, text, text);
}

/// A find that is the whole text, alone and in other texts.
fn finds(detector: Detector, text: &str) {
    let stars = "*".repeat(text.len());
    check(detector, text, &stars);
    check(detector, &format!("{text},"), &format!("{stars},"));
    check(detector, &format!("a {text} b"), &format!("a {stars} b"));
    check(
        detector,
        &format!("(\"{text}\")"),
        &format!("(\"{stars}\")"),
    );
    check(detector, &format!("é: {text}\n"), &format!("é: {stars}\n"));
    check(detector, &format!("x\\n{text}"), &format!("x\\n{stars}"));
    check(
        detector,
        &format!("x\\u000a{text}"),
        &format!("x\\u000a{stars}"),
    );
    let (shown, _) = hidden(DetectorSet::ALL, text);
    assert_eq!(shown, stars, "{text}");
}

#[test]
fn finds_addresses_of_mail() {
    let email = |text| finds(Detector::Email, text);
    email("alice@corp.example");
    email("a@b.co");
    email("first.last+tag@sub.corp.example");
    email("first_last%x@corp-with-hyphens.example");
    email("UPPER@CORP.EXAMPLE");
    email("1234@corp.example");
    email("alice@xn--mller-kva.example");
    email("alice@corp.xn--p1ai");
    let part = |text, expected| check(Detector::Email, text, expected);
    part("<alice@corp.example>", "<******************>");
    part("mailto:alice@corp.example?x", "mailto:******************?x");
    part("alice@corp.example.", "******************.");
    part(
        "to alice@corp.example, bob@corp.example.",
        "to ******************, ****************.",
    );
    part("a@b.example@c.example", "*********************");
    part("x=alice@corp.example&y", "x=******************&y");
    // A name may hold letters outside ASCII, but no text in another script is hidden along.
    part("müller@corp.example", "********************");
    part("alice@müller.example", "*********************");
    part("邮箱：alice@corp.example。", "邮箱：******************。");
    // The letter of what may be an escape of JSON stays.
    part(
        r#"{"a":"\nalice@corp.example"}"#,
        r#"{"a":"\n******************"}"#,
    );
    part(
        r#"{"a":"\u00e9lice@corp.example"}"#,
        r#"{"a":"\u00e9*****************"}"#,
    );
}

#[test]
fn leaves_what_is_no_address_of_mail() {
    let none = |text| finds_nothing(Detector::Email, text);
    none("");
    none("@");
    none("alice");
    none("alice@");
    none("@corp.example");
    none("alice@corp");
    none("alice@localhost:3306");
    none("alice at corp.example");
    none("alice @corp.example");
    none("alice@ corp.example");
    none("alice@.example");
    none("alice@corp.");
    none("alice@corp..example");
    none("alice@corp.e");
    none("alice@10.0.0.1");
    none("lodash@4.17.21");
    none("icon@2x.png");
    none("user@host_name.x_y");
    none("a@@@@b");
    none("电子邮件@例子");
}

#[test]
fn finds_cards() {
    let card = |text| finds(Detector::Card, text);
    // The numbers that issuers publish for tests.
    card("4111111111111111");
    card("4111 1111 1111 1111");
    card("4111-1111-1111-1111");
    card("4111.1111.1111.1111");
    card("4012888888881881");
    card("5555555555554444");
    card("5105 1051 0510 5100");
    card("2223003122003222");
    card("378282246310005");
    card("3714 496353 98431");
    card("6011111111111117");
    card("3056 930902 5904");
    card("38520000023237");
    card("3530111333300000");
    card("6200000000000005");
    card("6759649826438453");
    let part = |text, expected| check(Detector::Card, text, expected);
    part("4111111111111111 123", "**************** 123");
    part(
        "card 4111 1111 1111 1111 123",
        "card ******************* 123",
    );
    part("2024 4111 1111 1111 1111", "2024 *******************");
    part("4111111111111111-12/29", "****************-12/29");
    part("n:4111111111111111.", "n:****************.");
    part(
        "4111-1111-1111-1111-4012888888881881",
        "*******************-****************",
    );
    // Where JSON has a number, a number stands.
    part(r#"{"a":4111111111111111}"#, r#"{"a":1111111111111111}"#);
    part(r#"[1, 4111111111111111 ]"#, r#"[1, 1111111111111111 ]"#);
    part(r#"{"a":"4111111111111111"}"#, r#"{"a":"****************"}"#);
}

#[test]
fn leaves_what_is_no_card() {
    let none = |text| finds_nothing(Detector::Card, text);
    // A wrong check digit, a wrong length, an issuer that there is not.
    none("4111111111111112");
    none("411111111111111");
    none("41111111111111111");
    none("4222222222222");
    none("1111111111111117");
    none("9999999999999995");
    none("0000000000000000");
    // Times, counters, identifiers.
    none("1716239022000000");
    none("20240131235959");
    none("123456789012345678901234567890");
    none("4006381333931");
    none("00000000-4111-1111-1111-111111111111");
    // Parts of something longer.
    none("a4111111111111111");
    none("4111111111111111a");
    none("_4111111111111111");
    none("4111111111111111_");
    none("0.4111111111111111");
    none("4111111111111111.5");
    none("14111111111111111");
    // Groups that no card has, or that are not set apart in one way.
    none("41 11 11 11 11 11 11 11");
    none("4111 1111-1111 1111");
    none("4111  1111  1111  1111");
    none("4111 1111 1111 11111");
    none("4111,1111,1111,1111");
}

#[test]
fn finds_bank_accounts() {
    let iban = |text| finds(Detector::Iban, text);
    // The examples of the registry.
    iban("DE89370400440532013000");
    iban("DE89 3704 0044 0532 0130 00");
    iban("DE89-3704-0044-0532-0130-00");
    iban("GB29NWBK60161331926819");
    iban("GB29 NWBK 6016 1331 9268 19");
    iban("gb29nwbk60161331926819");
    iban("FR1420041010050500013M02606");
    iban("NO9386011117947");
    iban("MT84MALT011000012345MTLCAST001S");
    iban("NL91ABNA0417164300");
    iban("CH9300762011623852957");
    iban("AT611904300234573201");
    iban("BE68539007547034");
    check(
        Detector::Iban,
        "IBAN DE89370400440532013000 BIC X",
        "IBAN ********************** BIC X",
    );
}

#[test]
fn leaves_what_is_no_bank_account() {
    let none = |text| finds_nothing(Detector::Iban, text);
    none("DE88370400440532013000");
    none("DE8937040044053201300");
    none("DE893704004405320130000");
    none("XX89370400440532013000");
    none("D189370400440532013000");
    none("DEX9370400440532013000");
    none("aDE89370400440532013000");
    none("DE89370400440532013000a");
    none("DE89 37040044 05320130 00");
    none("DE89 3704 0044 0532 0130");
    none("DE89  3704 0044 0532 0130 00");
    none("DE89 3704-0044 0532 0130 00");
    none("DE");
    none("DE89");
}

#[test]
fn finds_social_security_numbers() {
    let ssn = |text| finds(Detector::Ssn, text);
    ssn("078-05-1120");
    ssn("219-09-9999");
    ssn("001-01-0001");
    ssn("899-99-9999");
}

#[test]
fn leaves_what_is_no_social_security_number() {
    let none = |text| finds_nothing(Detector::Ssn, text);
    none("000-05-1120");
    none("666-05-1120");
    none("900-05-1120");
    none("999-99-9999");
    none("078-00-1120");
    none("078-05-0000");
    none("078051120");
    none("078 05 1120");
    none("078-051-120");
    none("78-05-1120");
    none("078-05-112");
    none("078-05-11200");
    none("1078-05-1120");
    none("a078-05-1120");
    none("078-05-1120a");
    none("1-078-05-1120");
    none("078-05-1120-1");
    none("2024-05-1120");
}

#[test]
fn finds_telephone_numbers() {
    let phone = |text| finds(Detector::Phone, text);
    phone("+4915112345678");
    phone("+49 151 12345678");
    phone("+49 (0)151 12345678");
    phone("+44 20 7946 0958");
    phone("+1 (415) 555-2671");
    phone("+1-415-555-2671");
    phone("+1.415.555.2671");
    phone("+33 1 23 45 67 89");
    phone("+47 22 12 34 56");
    phone("415-555-2671");
    phone("415.555.2671");
    phone("(415) 555-2671");
    phone("(415)555-2671");
    phone("1-415-555-2671");
    phone("1 (415) 555-2671");
    let part = |text, expected| check(Detector::Phone, text, expected);
    part("+49 151 12345678. 2 items", "****************. 2 items");
    part("tel:+4915112345678;ext=1", "tel:**************;ext=1");
}

#[test]
fn leaves_what_is_no_telephone_number() {
    let none = |text| finds_nothing(Detector::Phone, text);
    none("4155552671");
    none("415 555 2671");
    none("115-555-2671");
    none("415-155-2671");
    none("415-555-267");
    none("415-555-26711");
    none("415-555.2671");
    none("1415-555-2671");
    none("9-415-555-2671");
    none("415-555-2671-8");
    none("a415-555-2671");
    none("415-555-2671a");
    none("+123456");
    none("+123456789");
    none("+0 123 456 789");
    none("+1234567890123456");
    none("+4915112345678a");
    none("1+4915112345678");
    none("a+ b");
    none("+1 + 2 = 3");
    none("2024-01-02");
    none("192.168.100.200");
    none("UTC+0200");
    none("+49 4111111111111111");
}

#[test]
fn finds_web_tokens() {
    let jwt = |text: &str| finds(Detector::Jwt, text);
    let header = "eyJhbGciOiJIUzI1NiJ9";
    jwt(&format!("{header}.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"));
    jwt(&format!("{header}.eyJzdWIiOiJhIn0"));
    jwt(&format!("{header}.a-b_c.d-e_f.g.h"));
    check(
        Detector::Jwt,
        &format!("Bearer {header}.eyJzdWIiOiJhIn0. x"),
        &format!("Bearer {}. x", "*".repeat(36)),
    );
}

#[test]
fn leaves_what_is_no_web_token() {
    let none = |text| finds_nothing(Detector::Jwt, text);
    none("eyJ");
    none("eyJhbGciOiJIUzI1NiJ9");
    none("eyJhbGciOiJIUzI1NiJ9.");
    none("eyJhbGciOiJIUzI1NiJ9.abc");
    none("eyJhbGciOiJIUzI1NiJ9 .eyJzdWIiOiJhIn0");
    none("eyJ.c2lnbmF0dXJl.c2lnbmF0dXJl");
    none("xeyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0");
    none("EYJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0");
    none("www.example.com");
}

#[test]
fn finds_keys_of_services() {
    // Put together here, lest the source looks like a leak.
    let key = |prefix: &str, tail: &str, count: usize| {
        finds(Detector::ApiKey, &format!("{prefix}{}", tail.repeat(count)));
    };
    key("AKIA", "ABCD2345", 2);
    key("ASIA", "ABCD2345", 2);
    key("AIza", "aB_-5", 7);
    key("ghp_", "aB3d", 9);
    key("gho_", "aB3d", 10);
    key("github_pat_", "aB3_d", 10);
    key("glpat-", "aB3-_", 4);
    key("xoxb-", "1234-", 5);
    key("xapp-", "1-A2-", 5);
    key("hooks.slack.com/services/", "T0/B0/", 6);
    key("sk_live_", "aB3d", 6);
    key("rk_test_", "aB3d", 6);
    key("whsec_", "aB3/", 8);
    key("npm_", "aB3d", 9);
    key("pypi-AgE", "aB3d", 20);
    key("SG.", "aB3-_", 14);
    key("sk-ant-", "aB3-_", 10);
    key("sk-proj-", "aB3-_", 10);
    key("sk-", "aB3d", 12);
    key("hf_", "aB3d", 9);
    key("dop_v1_", "0a1b", 16);
    key("shpat_", "0a1b", 8);
    key("SK", "0a1b", 8);
    key("hvs.", "aB3-_", 6);
    key("GOCSPX-", "aB3_", 7);
}

#[test]
fn leaves_what_is_no_key_of_a_service() {
    let none = |prefix: &str, tail: &str, count: usize| {
        finds_nothing(Detector::ApiKey, &format!("{prefix}{}", tail.repeat(count)));
    };
    none("AKIA", "ABCD234", 2);
    none("AKIA", "ABCD23456", 2);
    none("AKIA", "abcd2345", 2);
    none("xAKIA", "ABCD2345", 2);
    none("AIza", "aB_-5", 6);
    none("ghp_", "aB3d", 8);
    none("ghx_", "aB3d", 9);
    none("glpat-", "aB3-", 4);
    none("sk_live_", "aB3", 5);
    none("pk_live_", "aB3d", 6);
    none("sk-", "some-title-", 8);
    none("SK", "0a1b", 9);
    none("SKU", "0a1b", 8);
    none("npm_", "aB3d", 3);
    none("sk", "", 0);
    none("A", "K", 20);
    none("hello world ", "npm install ", 3);
}

#[test]
fn finds_private_keys() {
    let key = |kind: &str, end: &str| format!("-----BEGIN {kind}-----\nMIIE+/a=\nb\n{end}");
    let finds = |text: String, left: &str| {
        let stars = "*".repeat(text.len());
        check(
            Detector::PrivateKey,
            &format!("a {text}{left}"),
            &format!("a {stars}{left}"),
        );
    };
    for kind in [
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        finds(key(kind, &format!("-----END {kind}-----")), "\nb");
    }
    // Without an end, all that follows may belong to it, but for a quote.
    finds(key("PRIVATE KEY", ""), "");
    finds(key("PRIVATE KEY", "x"), "\"}");
    finds(key("PRIVATE KEY", "x\\n"), "\\\"}");
}

#[test]
fn leaves_what_is_no_private_key() {
    let none = |text| finds_nothing(Detector::PrivateKey, text);
    none("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----");
    none("-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----");
    none("-----BEGIN PRIVATE KEY\nMIIE");
    none("----BEGIN PRIVATE KEY-----\nMIIE");
    none("-----BEGIN private key-----");
    none("BEGIN PRIVATE KEY");
    none("-----------------------------");
    none("-----BEGIN -----BEGIN -----BEGIN");
}

#[test]
fn finds_that_overlap_are_hidden_as_one_and_counted_for_each() {
    let text = "+49 4111 1111 1111 1111 and +14155552671@corp.example";
    let (shown, counts) = hidden(DetectorSet::ALL, text);
    let stars = "*".repeat(23);
    assert_eq!(shown, format!("{stars} and {}", "*".repeat(25)));
    let found: Vec<_> = counts.found().collect();
    assert_eq!(
        found,
        [
            (Detector::Email, 1),
            (Detector::Card, 1),
            (Detector::Phone, 2)
        ]
    );
}

#[test]
fn one_detector_alone_hides_nothing_else() {
    let text = "alice@corp.example 4111111111111111 078-05-1120 DE89370400440532013000";
    check(
        Detector::Ssn,
        text,
        "alice@corp.example 4111111111111111 *********** DE89370400440532013000",
    );
    assert_eq!(hidden(DetectorSet::NONE, text).0, text);
}

#[test]
fn json_stays_json() {
    let mut look = look(DetectorSet::ALL, Units::Bytes);
    look.is_json = true;
    let cases = [
        ("4111111111111111", "1111111111111111"),
        ("[4111111111111111]", "[1111111111111111]"),
        (r#"{"a": -4111111111111111}"#, r#"{"a": -1111111111111111}"#),
        (
            r#"{"a": "4111111111111111"}"#,
            r#"{"a": "****************"}"#,
        ),
        (
            r#""x\"alice@corp.example\"""#,
            r#""x\"******************\"""#,
        ),
        (
            r#""-----BEGIN PRIVATE KEY-----\nMII\"""#,
            r#""********************************\"""#,
        ),
    ];
    for (text, expected) in cases {
        let mut bytes = text.as_bytes().to_vec();
        let mut counts = Counts::default();
        Hiding::default().hide(look, &mut bytes, usize::MAX, &mut counts);
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }
}

fn encode(units: Units, text: &str) -> Vec<u8> {
    text.chars()
        .flat_map(|character| match units {
            Units::Bytes | Units::Pairs | Units::JapanesePairs => vec![character as u8],
            Units::Two => (character as u16).to_be_bytes().to_vec(),
            Units::TwoReversed => (character as u16).to_le_bytes().to_vec(),
            Units::Four => (character as u32).to_be_bytes().to_vec(),
        })
        .collect()
}

#[test]
fn finds_in_every_width() {
    for units in [Units::Bytes, Units::Two, Units::TwoReversed, Units::Four] {
        let mut text = encode(units, "é alice@corp.example 4111111111111111");
        let mut counts = Counts::default();
        Hiding::default().hide(
            look(DetectorSet::ALL, units),
            &mut text,
            usize::MAX,
            &mut counts,
        );
        let expected = encode(units, "é ****************** ****************");
        assert_eq!(text, expected, "{units:?}");
    }
}

#[test]
fn the_second_byte_of_a_pair_is_no_letter() {
    // In GBK 0x81 0x40 is one character, and so is 0x81 0x61.
    let cases: [(Charset, &[u8], &[u8]); 4] = [
        (Charset::Gbk, b"\x81a@corp.example", b"\x81a@corp.example"),
        (
            Charset::Gbk,
            b"alice\x81@corp.example",
            b"alice\x81@corp.example",
        ),
        (Charset::Gbk, b"\x81aa@corp.example", b"\x81a**************"),
        // In Shift-JIS 0xb1 stands alone.
        (
            Charset::Sjis,
            b"\xb14111111111111111",
            b"\xb1****************",
        ),
    ];
    for (charset, text, expected) in cases {
        let mut shown = text.to_vec();
        let look = look(DetectorSet::ALL, Units::of(charset));
        let mut counts = Counts::default();
        Hiding::default().hide(look, &mut shown, usize::MAX, &mut counts);
        assert_eq!(shown, expected, "{charset:?}");
    }
}

/// Texts that come near to finds, and hold many.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let pieces = select(vec![
        "alice",
        "@",
        "corp.example",
        ".",
        "-",
        " ",
        "4111111111111111",
        "4111 1111 1111 1111",
        "1",
        "4",
        "+49",
        "+",
        "151 12345678",
        "415-555-2671",
        "078-05-1120",
        "(",
        ")",
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9",
        "sk_live_",
        "aB3daB3daB3daB3daB3d",
        "AKIAABCD2345ABCD2345",
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "\\",
        "\\n",
        "\\u000a",
        "\"",
        ":",
        ",",
        "é",
        "\u{4e2d}",
        "_",
        "xoxb-",
        "glpat-",
        "a",
        "\n",
        "*",
        "2x.png",
        "ghp_",
        "0",
    ]);
    let piece = prop_oneof![
        8 => pieces.prop_map(|piece: &str| piece.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn sets() -> impl Strategy<Value = DetectorSet> {
    prop_oneof![Just(DetectorSet::ALL), any::<u8>().prop_map(DetectorSet)]
}

fn all_units() -> impl Strategy<Value = Units> {
    select(vec![
        Units::Bytes,
        Units::Pairs,
        Units::JapanesePairs,
        Units::Two,
        Units::TwoReversed,
        Units::Four,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn finds_are_in_order_and_apart(text in texts(), set in sets()) {
        let mut finds = Vec::new();
        scan::scan(words::Text(&text), set, &mut finds);
        let mut end = 0;
        for find in finds {
            prop_assert!(end <= find.start && find.start < find.end && find.end <= text.len());
            prop_assert!(!find.detectors.is_empty() && set.union(find.detectors) == set);
            end = find.end;
        }
    }

    #[test]
    fn what_is_shown_holds_no_find(text in texts(), set in sets(), units in all_units(), json: bool) {
        let text = &text[..text.len() / units.width() * units.width()];
        let look = Look { set, units, is_json: json };
        let (mut shown, mut counts) = (text.to_vec(), Counts::default());
        let hidden = Hiding::default().hide(look, &mut shown, usize::MAX, &mut counts);
        prop_assert!(hidden.settled);
        prop_assert_eq!(shown.len(), text.len());
        let mut read = Vec::new();
        units.read(&shown, &mut read);
        let mut finds = Vec::new();
        scan::scan(words::Text(&read), set, &mut finds);
        prop_assert!(finds.is_empty());
    }

    #[test]
    fn what_is_no_find_stays(text in texts(), set in sets()) {
        let mut finds = Vec::new();
        scan::scan(words::Text(&text), set, &mut finds);
        let (mut shown, mut counts) = (text.clone(), Counts::default());
        let mut hiding = Hiding::default();
        hiding.hide(look(set, Units::Bytes), &mut shown, usize::MAX, &mut counts);
        let changed = |index: usize| text[index] != shown[index];
        let is_found = |index: usize| finds.iter().any(|find| find.start <= index && index < find.end);
        let kept = |index: usize| text[..index].ends_with(b"\\") || text[..index].contains(&b'u');
        for index in 0..text.len() {
            if changed(index) {
                prop_assert!(matches!(shown[index], b'*' | b'1'));
            } else if is_found(index) {
                // A star is a star, a one may be a one, and the letters of an escape stay.
                prop_assert!(matches!(text[index], b'*' | b'1') || kept(index), "{}", index);
            }
        }
        if finds.is_empty() {
            prop_assert_eq!(shown, text);
        }
    }

    #[test]
    fn the_work_is_linear(pieces in vec(texts(), 1..4), times in 1_usize..30) {
        let text = pieces.concat().repeat(times);
        let mut finds = Vec::new();
        steps::take();
        scan::scan(words::Text(&text), DetectorSet::ALL, &mut finds);
        let steps = steps::take();
        prop_assert!(steps <= STEPS_PER_BYTE * (text.len() + 64), "{} of {}", steps, text.len());
    }
}

/// Pieces that are almost finds, to be said over and over.
const HOSTILE: &[&str] = &[
    "a",
    "1",
    "@",
    "a@",
    "@a.",
    "a.",
    "a@a.aa@",
    "-",
    "--",
    "+",
    "+1",
    "+1 ",
    "(",
    "((1",
    "eyJ",
    "eyJ-",
    "eyJhbGciOiJIUz-",
    "eyJhbGciOiJIUz.",
    "eyJhbGciOiJIUz.abcd.",
    "e",
    "\\",
    "\\n",
    "\\u0000",
    "\\neyJ-",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----END ",
    "-----BEGIN PRIVATE KEY",
    "xoxb-",
    "xoxb-0123456789-",
    "sk-",
    "sk-ant-",
    "glpat-",
    "ghp_",
    "SG.",
    "hooks.slack.com/services/",
    "A",
    "AKIA",
    "1 ",
    "1-",
    "4111 ",
    "4111-1111 ",
    "411-",
    "078-05-",
    "078-05-1120-",
    "415-555-2671-",
    "DE89 ",
    "DE89",
    "MT84-",
    "a-",
    "a--",
    "\u{e9}",
    "a\u{e9}",
    "a\u{e9}@",
    "@a\u{e9}",
    "_",
    "\"",
    "1.",
    "1,",
    "+1-1-1-1-",
];

/// The most looks at a byte, whatever stands in the text.
const STEPS_PER_BYTE: usize = 96;

#[test]
fn no_text_is_worse_than_linear() {
    for piece in HOSTILE {
        let cost = |times: usize| {
            let text = piece.repeat(times);
            let mut finds = Vec::new();
            steps::take();
            scan::scan(words::Text(text.as_bytes()), DetectorSet::ALL, &mut finds);
            (steps::take(), text.len())
        };
        let (short, length) = cost(500);
        let (long, _) = cost(4_000);
        assert!(short <= STEPS_PER_BYTE * length, "{piece}: {short} steps");
        assert!(long <= short * 9, "{piece}: {short}, then {long} steps");
    }
}

/// A text in pieces, searched in windows.
fn searched(text: &[u8], piece: usize, is_json: bool) -> (Vec<u8>, Counts) {
    let mut search = Search::new(DetectorSet::ALL, Charset::Utf8mb4, is_json);
    let mut out = Vec::new();
    for piece in text.chunks(piece) {
        search.push(piece, &mut out);
    }
    search.finish(&mut out);
    (out, *search.counts())
}

#[test]
fn a_long_text_is_searched_wherever_it_is_cut() {
    let mut text = Vec::new();
    let mut expected = Vec::new();
    for index in 0..8_000 {
        let line = format!("{index} alice@corp.example, 4111 1111 1111 1111;\n");
        let stars = format!("{index} ******************, *******************;\n");
        text.extend_from_slice(line.as_bytes());
        expected.extend_from_slice(stars.as_bytes());
    }
    for piece in [1_000, 65_536, 70_000, text.len()] {
        let (shown, counts) = searched(&text, piece, false);
        assert!(shown == expected, "in pieces of {piece}");
        assert_eq!(
            counts.found().collect::<Vec<_>>(),
            [(Detector::Email, 8_000), (Detector::Card, 8_000)]
        );
    }
}

#[test]
fn a_find_that_goes_on_behind_its_window_is_hidden_to_its_end() {
    let key = format!("-----BEGIN PRIVATE KEY-----{}\"", "x".repeat(200_000));
    let text = format!("{{\"a\":\"{key}, \"b\":\"alice@corp.example\", \"c\":1}}");
    let (shown, _) = searched(text.as_bytes(), 10_000, true);
    let shown = String::from_utf8(shown).unwrap();
    let expected = format!(
        "{{\"a\":\"{}\", \"b\":\"******************\", \"c\":1}}",
        "*".repeat(200_027)
    );
    assert!(shown == expected);
}

#[test]
fn what_holds_no_find_passes_as_it_is() {
    let text: Vec<u8> = (0..300_000_u32).map(|index| (index % 64) as u8).collect();
    let (shown, counts) = searched(&text, 777, false);
    assert!(shown == text);
    assert_eq!(counts, Counts::default());
    assert_eq!(searched(b"", 1, false).0, b"");
}

#[test]
fn every_detector_has_a_name_and_a_bit_of_its_own() {
    for (index, detector) in Detector::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(detector.bit()), 1 << index);
        assert!(DetectorSet::ALL.contains(detector));
        assert!(!DetectorSet::NONE.contains(detector));
        let names = Detector::ALL
            .iter()
            .filter(|other| other.name() == detector.name());
        assert_eq!(names.count(), 1);
    }
    let all: DetectorSet = Detector::ALL.into_iter().collect();
    assert_eq!(all, DetectorSet::ALL);
}
