//! The secret of keyed masks.

use std::fmt;

use crate::error::BuildError;
use crate::hmac::Keyed;
use crate::hmac::Mac;

/// A key for [`Mask::hash`](crate::mask::Mask::hash): equal values stay equal under one key.
///
/// The key is wiped from memory when it is dropped and never shown.
pub struct MaskKey {
    keyed: Box<Keyed>,
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
            keyed: Box::new(Keyed::new(secret)),
        })
    }

    /// A digest that is under way, apart for each `domain`.
    #[inline]
    pub(crate) fn begin(&self, domain: u8) -> Mac {
        let mut mac = self.keyed.begin();
        mac.update(&[domain]);
        mac
    }

    pub(crate) const fn keyed(&self) -> &Keyed {
        &self.keyed
    }

    /// A digest of these bytes, apart for each `domain`.
    #[inline]
    pub(crate) fn digest(&self, domain: u8, bytes: &[u8]) -> [u8; 32] {
        if let Some(digest) = self.keyed.short(domain, bytes) {
            return digest;
        }
        let mut mac = self.begin(domain);
        mac.update(bytes);
        mac.finish()
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MaskKey([redacted])")
    }
}
