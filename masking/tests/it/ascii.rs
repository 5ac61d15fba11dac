//! A text in ASCII has one form, whichever character set it is written in.

use masking::Mask;
use masking::mask::Shape;
use mysql_proto::types::ColumnType;
use proptest::prelude::*;

use crate::common::column;
use crate::common::mask_text;
use crate::common::show;

/// Of `utf8mb4`, `latin1`, and `utf32`, whose characters are never taken byte by byte.
const BYTES_PER_CHARACTER: [(u16, usize); 3] = [(45, 1), (8, 1), (60, 4)];

fn shown(mask: &Mask, (collation, width): (u16, usize), text: &str, chars: u32) -> String {
    let most = if collation == 8 { 1 } else { 4 };
    let secret = column(ColumnType::VarString, collation, chars * most);
    let mut cell = Vec::new();
    for byte in text.bytes() {
        cell.extend(std::iter::repeat_n(0, width - 1));
        cell.push(byte);
    }
    let masked = mask_text(mask, &secret, Some(&cell));
    let masked = masked.map(|cell| {
        let last = cell.iter().skip(width - 1).step_by(width);
        last.copied().collect::<Vec<u8>>()
    });
    show(masked.as_deref())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn ascii_has_one_form_in_every_set(
        text in "[ -~]{0,12}|[a-z.]{0,6}@?[a-z.@]{0,8}|[0-9 +()-]{0,24}",
        first in 0_usize..5, last in 1_usize..5, chars in 4_u32..40,
    ) {
        for mask in [
            Mask::partial(first, last, '#').unwrap(),
            Mask::shape(Shape::Email),
            Mask::shape(Shape::Phone),
            Mask::shape(Shape::Card),
            Mask::shape(Shape::Iban),
        ] {
            let [utf8, latin1, utf32] = BYTES_PER_CHARACTER
                .map(|set| shown(&mask, set, &text, chars));
            prop_assert_eq!(&utf8, &utf32);
            prop_assert_eq!(&latin1, &utf32);
        }
    }
}
