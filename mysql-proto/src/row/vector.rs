//! A value of the type VECTOR: 32-bit floating point numbers one after the other.

use crate::error::DecodeError;

const BYTES_PER_DIMENSION: usize = 4;

/// A vector as it is sent, in rows of both protocols and in parameters.
///
/// [Manual](https://dev.mysql.com/doc/refman/9.7/en/vector.html)
///
/// ```
/// use mysql_proto::row::vector::Vector;
///
/// let vector = Vector::decode(b"\x00\x00\x80\x3f\x00\x00\x00\xc0")?;
/// assert_eq!(vector.dimensions(), 2);
/// assert!(vector.iter().eq([1.0, -2.0]));
/// # Ok::<(), mysql_proto::error::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Vector<'a>(&'a [u8]);

impl<'a> Vector<'a> {
    /// Reads the content of a cell or a parameter.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] when it ends inside a number.
    pub const fn decode(cell: &'a [u8]) -> Result<Self, DecodeError> {
        if cell.len().is_multiple_of(BYTES_PER_DIMENSION) {
            Ok(Self(cell))
        } else {
            Err(DecodeError::Truncated { field: "vector" })
        }
    }

    /// How many numbers it has.
    #[must_use]
    pub const fn dimensions(&self) -> usize {
        self.0.len() / BYTES_PER_DIMENSION
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = f32> + 'a {
        self.0
            .chunks_exact(BYTES_PER_DIMENSION)
            .filter_map(|bytes| Some(f32::from_le_bytes(bytes.try_into().ok()?)))
    }
}

/// Appends numbers as the content of a cell or a parameter.
pub fn encode_vector(numbers: &[f32], out: &mut Vec<u8>) {
    for number in numbers {
        out.extend(number.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [0.0, 1.5, -2.25, f32::MAX, f32::INFINITY];
        let mut cell = Vec::new();
        encode_vector(&numbers, &mut cell);
        let vector = Vector::decode(&cell).unwrap();
        assert!(vector.iter().eq(numbers));
        assert_eq!(vector.dimensions(), numbers.len());
    }

    #[test]
    fn a_number_cut_short_is_an_error() {
        for length in [1, 2, 3, 5, 7] {
            assert!(Vector::decode(&[0; 8][..length]).is_err());
        }
        assert_eq!(Vector::decode(b"").unwrap().dimensions(), 0);
    }
}
