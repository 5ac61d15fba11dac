//! Parsers and writers for the primitive types of the protocol.
//!
//! The parsers are nom parsers over a whole payload: a short input is an error, never a request for
//! more. [`Reader`] strings them together and gives each error the name of its field.
//!
//! Manual: [integers](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_integers.html),
//! [strings](https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_strings.html).

use nom::IResult;
use nom::bytes::complete::tag;
use nom::bytes::complete::take;
use nom::bytes::complete::take_until;
use nom::combinator::map;
use nom::error::Error;
use nom::error::ErrorKind;
use nom::multi::length_data;
use nom::number::complete::le_u8;
use nom::number::complete::le_u16;
use nom::number::complete::le_u24;
use nom::number::complete::le_u32;
use nom::number::complete::le_u64;
use nom::sequence::terminated;

use crate::error::DecodeError;
use crate::error::EncodeError;

/// The first byte of a NULL cell of a text row; no length-encoded integer begins with it.
pub const NULL_CELL: u8 = 0xfb;

/// A length-encoded integer.
///
/// # Errors
///
/// A nom error when the input is too short or begins with 0xFB or 0xFF.
pub fn lenenc_int(input: &[u8]) -> IResult<&[u8], u64> {
    let (rest, first) = le_u8(input)?;
    match first {
        0x00..=0xfa => Ok((rest, u64::from(first))),
        0xfc => map(le_u16, u64::from)(rest),
        0xfd => map(le_u24, u64::from)(rest),
        0xfe => le_u64(rest),
        // 0xfb stands for NULL in rows and for LOCAL INFILE in replies, 0xff begins an ERR
        // packet: neither is an integer.
        0xfb | 0xff => Err(nom::Err::Error(Error::new(input, ErrorKind::Verify))),
    }
}

/// Bytes with a length-encoded length in front.
///
/// # Errors
///
/// A nom error when the input is too short.
pub fn lenenc_bytes(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(lenenc_int)(input)
}

/// Bytes up to a NUL byte, which is eaten.
///
/// # Errors
///
/// A nom error when there is no NUL byte.
pub fn nul_bytes(input: &[u8]) -> IResult<&[u8], &[u8]> {
    terminated(take_until(&b"\0"[..]), tag(b"\0"))(input)
}

/// Reads one payload from front to back.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the front of `payload`.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload }
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// The next byte, without reading it.
    #[must_use]
    pub const fn peek(&self) -> Option<u8> {
        match self.rest {
            [first, ..] => Some(*first),
            [] => None,
        }
    }

    /// Runs a nom parser.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] with the name of the field when the parser fails.
    pub fn parse<T>(
        &mut self,
        field: &'static str,
        mut parser: impl FnMut(&'a [u8]) -> IResult<&'a [u8], T>,
    ) -> Result<T, DecodeError> {
        match parser(self.rest) {
            Ok((rest, value)) => {
                self.rest = rest;
                Ok(value)
            }
            Err(_) => Err(DecodeError::Truncated { field }),
        }
    }

    /// One byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there is none.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.parse(field, le_u8)
    }

    /// Two bytes, least first.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there are fewer.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.parse(field, le_u16)
    }

    /// Four bytes, least first.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there are fewer.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.parse(field, le_u32)
    }

    /// Eight bytes, least first.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there are fewer.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.parse(field, le_u64)
    }

    /// A length-encoded integer.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there is none whole.
    pub fn lenenc_int(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.parse(field, lenenc_int)
    }

    /// Bytes with a length-encoded length in front.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when the payload is shorter than the length says.
    pub fn lenenc_bytes(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        self.parse(field, lenenc_bytes)
    }

    /// Bytes up to a NUL byte.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there is no NUL byte.
    pub fn nul_bytes(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        self.parse(field, nul_bytes)
    }

    /// So many bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there are fewer.
    pub fn bytes(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        self.parse(field, take(count))
    }

    /// So many bytes, as an array.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when there are fewer.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let bytes = self.bytes(N, field)?;
        bytes
            .try_into()
            .map_err(|_| DecodeError::Truncated { field })
    }

    /// Everything that is left.
    pub const fn take_rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.rest = &[];
        rest
    }

    /// Checks that the whole payload was read.
    ///
    /// # Errors
    ///
    /// [`DecodeError::TrailingBytes`] when something is left.
    pub const fn finish(self, packet: &'static str) -> Result<(), DecodeError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(DecodeError::TrailingBytes { packet, count }),
        }
    }
}

/// Writes a length-encoded integer in its shortest form.
pub fn put_lenenc_int(value: u64, out: &mut Vec<u8>) {
    let [b0, b1, b2, ..] = value.to_le_bytes();
    match value {
        0x00..=0xfa => out.push(b0),
        0xfb..=0xffff => out.extend_from_slice(&[0xfc, b0, b1]),
        0x1_0000..=0xff_ffff => out.extend_from_slice(&[0xfd, b0, b1, b2]),
        _ => {
            out.push(0xfe);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// Writes bytes with a length-encoded length in front.
pub fn put_lenenc_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    // A slice is never longer than isize::MAX, which fits.
    put_lenenc_int(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes bytes and a NUL byte.
///
/// # Errors
///
/// [`EncodeError::NulByte`] when the bytes contain one; nothing is written then.
pub fn put_nul_bytes(
    field: &'static str,
    bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if bytes.contains(&0) {
        return Err(EncodeError::NulByte { field });
    }
    out.extend_from_slice(bytes);
    out.push(0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_encoded_integers_have_known_bytes() {
        for (value, bytes) in [
            (0, &b"\x00"[..]),
            (250, b"\xfa"),
            (251, b"\xfc\xfb\x00"),
            (0xffff, b"\xfc\xff\xff"),
            (0x1_0000, b"\xfd\x00\x00\x01"),
            (0xff_ffff, b"\xfd\xff\xff\xff"),
            (0x100_0000, b"\xfe\x00\x00\x00\x01\x00\x00\x00\x00"),
            (u64::MAX, b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff"),
        ] {
            let mut out = Vec::new();
            put_lenenc_int(value, &mut out);
            assert_eq!(out, bytes);
            assert_eq!(lenenc_int(bytes), Ok((&b""[..], value)));
            for cut in 0..bytes.len() {
                assert!(lenenc_int(&bytes[..cut]).is_err());
            }
        }
    }

    #[test]
    fn null_and_error_markers_are_not_integers() {
        assert!(lenenc_int(b"\xfb\x00\x00").is_err());
        assert!(lenenc_int(b"\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00").is_err());
    }

    #[test]
    fn a_length_over_the_payload_is_an_error() {
        assert!(lenenc_bytes(b"\x05abcd").is_err());
        assert!(lenenc_bytes(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffabcd").is_err());
    }

    #[test]
    fn a_string_without_its_nul_is_an_error() {
        assert_eq!(nul_bytes(b"ab\0c"), Ok((&b"c"[..], &b"ab"[..])));
        assert!(nul_bytes(b"ab").is_err());
        assert!(put_nul_bytes("name", b"a\0b", &mut Vec::new()).is_err());
    }
}
