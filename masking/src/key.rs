//! The secret of keyed masks.

use std::fmt;

use hmac::Hmac;
use hmac::Mac;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::BuildError;

/// A key for [`Mask::hash`](crate::mask::Mask::hash): equal values stay equal under one key.
///
/// The key is wiped from memory when it is dropped and never shown.
pub struct MaskKey(Zeroizing<Vec<u8>>);

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
        Ok(Self(Zeroizing::new(secret.to_vec())))
    }

    /// A digest of what `feed` writes, apart for each `domain`.
    pub(crate) fn digest(&self, domain: u8, feed: impl FnOnce(&mut dyn FnMut(&[u8]))) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any length");
        mac.update(&[domain]);
        feed(&mut |bytes| mac.update(bytes));
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MaskKey([redacted])")
    }
}
