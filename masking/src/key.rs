//! The secret of keyed masks.

use std::fmt;

use hmac::Hmac;
use hmac::Mac;
use sha2::Sha256;

use crate::error::BuildError;

/// A key for [`Mask::hash`](crate::mask::Mask::hash): equal values stay equal under one key.
///
/// The key is wiped from memory when it is dropped and never shown.
pub struct MaskKey {
    /// HMAC that has taken in the key and nothing else: a digest costs no key schedule.
    keyed: Box<Hmac<Sha256>>,
}

impl MaskKey {
    /// The shortest key.
    pub const BYTES_MIN: usize = 16;

    /// A key from secret bytes.
    ///
    /// # Errors
    ///
    /// [`BuildError::ShortKey`] when there are fewer than [`Self::BYTES_MIN`].
    pub fn new(secret: &[u8]) -> Result<Self, BuildError> {
        if secret.len() < Self::BYTES_MIN {
            return Err(BuildError::ShortKey {
                length: secret.len(),
                least: Self::BYTES_MIN,
            });
        }
        Ok(Self {
            keyed: Box::new(keyed(secret)),
        })
    }

    /// A digest that is under way, apart for each `domain`.
    pub(crate) fn begin(&self, domain: u8) -> Hmac<Sha256> {
        let mut mac = Hmac::clone(&self.keyed);
        mac.update(&[domain]);
        mac
    }

    /// A digest of these bytes, apart for each `domain`.
    pub(crate) fn digest(&self, domain: u8, bytes: &[u8]) -> [u8; 32] {
        let mut mac = self.begin(domain);
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

impl Drop for MaskKey {
    fn drop(&mut self) {
        // The state is as good as the key; the write must not be optimised away.
        *self.keyed = keyed(&[]);
        std::hint::black_box(&mut self.keyed);
    }
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    Hmac::new_from_slice(secret).expect("any length")
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MaskKey([redacted])")
    }
}
