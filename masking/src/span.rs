//! Where the cell at the front of some bytes ends, or that its length is not whole yet.

use mysql_proto::error::DecodeError;
use mysql_proto::types::BinaryLayout;
use mysql_proto::wire::NULL_CELL;

/// The cell at the front of some bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Span {
    /// NULL, in so many bytes.
    Null(usize),
    /// A length in so many bytes, and then so many bytes.
    Cell { header: usize, content: u64 },
    /// A length that is not whole.
    Cut,
}

/// Reads the length of a cell; `null` says what the bitmap of a binary row says of it.
///
/// # Errors
///
/// [`DecodeError`] when no cell begins so.
#[inline]
pub(crate) fn span(
    layout: BinaryLayout,
    null: Option<bool>,
    bytes: &[u8],
) -> Result<Span, DecodeError> {
    if null == Some(true) {
        return Ok(Span::Null(0));
    }
    Ok(match (layout, bytes) {
        (BinaryLayout::Fixed(length), _) => Span::Cell {
            header: 0,
            content: length.into(),
        },
        (BinaryLayout::LengthByte | BinaryLayout::LengthEncoded, []) => Span::Cut,
        (BinaryLayout::LengthByte, [length, ..]) => Span::Cell {
            header: 1,
            content: u64::from(*length),
        },
        (BinaryLayout::LengthEncoded, [length @ 0..=0xfa, ..]) => Span::Cell {
            header: 1,
            content: u64::from(*length),
        },
        (BinaryLayout::LengthEncoded, [NULL_CELL, ..]) if null.is_none() => Span::Null(1),
        (BinaryLayout::LengthEncoded, [first, rest @ ..]) => return long(*first, rest),
    })
}

/// A length of more than one byte.
fn long(first: u8, rest: &[u8]) -> Result<Span, DecodeError> {
    let (header, content, least) = match (first, rest) {
        (0xfc, [b0, b1, ..]) => (3, u64::from(u16::from_le_bytes([*b0, *b1])), 0),
        (0xfd, [b0, b1, b2, ..]) => (4, u32::from_le_bytes([*b0, *b1, *b2, 0]).into(), 0),
        (0xfe, rest) => match rest.first_chunk::<8>() {
            // A row that begins so is told from the end of rows by its size alone.
            Some(bytes) => (9, u64::from_le_bytes(*bytes), EIGHT_BYTES_MIN),
            None => return Ok(Span::Cut),
        },
        (0xfc | 0xfd, _) => return Ok(Span::Cut),
        // 0xff begins no length, and NULL of a binary row stands in its bitmap.
        (first, _) => {
            return Err(DecodeError::Unexpected {
                expected: "the length of a cell",
                first,
            });
        }
    };
    if content < least {
        return Err(DecodeError::Invalid {
            field: "length of a cell",
            value: content,
        });
    }
    Ok(Span::Cell { header, content })
}

/// Servers write no smaller length in eight bytes.
const EIGHT_BYTES_MIN: u64 = 0x100_0000;

#[cfg(test)]
mod tests {
    use mysql_proto::wire::put_lenenc_int;

    use super::*;

    const TEXT: BinaryLayout = BinaryLayout::LengthEncoded;

    #[test]
    fn every_cut_of_a_length_asks_for_more_and_a_whole_one_is_read() {
        for content in [
            0,
            250,
            251,
            0xffff,
            0x1_0000,
            0xff_ffff,
            0x100_0000,
            u64::MAX,
        ] {
            let mut bytes = Vec::new();
            put_lenenc_int(content, &mut bytes);
            let header = bytes.len();
            for cut in 0..header {
                assert_eq!(span(TEXT, None, &bytes[..cut]), Ok(Span::Cut));
            }
            bytes.push(b'x');
            let whole = Ok(Span::Cell { header, content });
            assert_eq!(span(TEXT, None, &bytes), whole);
            assert_eq!(span(TEXT, Some(false), &bytes), whole);
        }
    }

    #[test]
    fn what_is_no_length_is_refused() {
        assert!(span(TEXT, None, b"\xff").is_err());
        assert!(span(TEXT, None, b"\xfe\xff\xff\xff\0\0\0\0\0").is_err());
        assert!(span(TEXT, Some(false), b"\xff").is_err());
    }

    #[test]
    fn null_stands_in_the_cell_of_a_text_row_and_in_the_bitmap_of_a_binary_row() {
        assert_eq!(span(TEXT, None, b"\xfb"), Ok(Span::Null(1)));
        assert_eq!(span(TEXT, Some(true), b"\xfb"), Ok(Span::Null(0)));
        assert!(span(TEXT, Some(false), b"\xfb").is_err());
    }

    #[test]
    fn fixed_cells_have_no_length_and_dates_one_byte() {
        let fixed = span(BinaryLayout::Fixed(8), Some(false), b"");
        assert_eq!(
            fixed,
            Ok(Span::Cell {
                header: 0,
                content: 8
            })
        );
        let date = span(BinaryLayout::LengthByte, Some(false), b"\x07");
        assert_eq!(
            date,
            Ok(Span::Cell {
                header: 1,
                content: 7
            })
        );
        let cut = span(BinaryLayout::LengthByte, Some(false), b"");
        assert_eq!(cut, Ok(Span::Cut));
    }
}
