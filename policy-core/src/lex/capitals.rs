//! A word in capitals, to be told from keywords by its bytes without going through a list of them.

/// No keyword that is asked for is longer.
const LENGTH_MAX: usize = 20;

/// The capitals of a word; empty for one that is longer than any keyword.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capitals {
    bytes: [u8; LENGTH_MAX],
    length: usize,
}

impl Capitals {
    pub(crate) fn of(word: &str) -> Self {
        let mut bytes = [0; LENGTH_MAX];
        let word = word.as_bytes();
        if word.is_empty() || word.len() > LENGTH_MAX {
            return Self { bytes, length: 0 };
        }
        for (capital, byte) in bytes.iter_mut().zip(word) {
            *capital = byte.to_ascii_uppercase();
        }
        Self {
            bytes,
            length: word.len(),
        }
    }

    /// To be matched against byte strings.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_ascii_and_nothing_else() {
        assert_eq!(Capitals::of("sElect").bytes(), b"SELECT");
        assert_eq!(Capitals::of("").bytes(), b"");
        assert_eq!(Capitals::of("s\u{17f}").bytes(), "S\u{17f}".as_bytes());
        assert_eq!(Capitals::of(&"a".repeat(20)).bytes(), [b'A'; 20]);
        assert_eq!(Capitals::of(&"a".repeat(21)).bytes(), b"");
    }
}
