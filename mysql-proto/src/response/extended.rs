//! MariaDB's further block in column definitions.

use std::borrow::Cow;

use crate::error::DecodeError;
use crate::wire::Reader;
use crate::wire::put_lenenc_bytes;

const DATA_TYPE: u8 = 0;
const FORMAT: u8 = 1;

/// What the type on the wire does not tell of a column: that a text is a UUID or JSON, say.
///
/// Part of every definition, though mostly empty, where
/// [`EXTENDED_METADATA`](crate::flags::MariaDbCapabilities::EXTENDED_METADATA) was agreed.
///
/// [Manual](https://mariadb.com/docs/server/reference/clientserver-protocol/4-server-response-packets/result-set-packets)
#[expect(clippy::exhaustive_structs, reason = "a packet is built by its sender")]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ExtendedMetadata<'a> {
    /// The name of the type: `point`, `uuid`, `inet6`.
    pub data_type: Option<Cow<'a, [u8]>>,
    /// The format of the content: `json`.
    pub format: Option<Cow<'a, [u8]>>,
}

impl<'a> ExtendedMetadata<'a> {
    /// Reads the content of the block, without its length.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when an entry is cut, not known, or stands there twice.
    pub fn decode(block: &'a [u8]) -> Result<Self, DecodeError> {
        const FIELD: &str = "extended metadata";
        let mut metadata = Self::default();
        let mut reader = Reader::new(block);
        while !reader.is_empty() {
            let kind = reader.u8(FIELD)?;
            let text = reader.lenenc_bytes(FIELD)?;
            let entry = match kind {
                DATA_TYPE => &mut metadata.data_type,
                FORMAT => &mut metadata.format,
                other => {
                    return Err(DecodeError::Invalid {
                        field: "kind of extended metadata",
                        value: u64::from(other),
                    });
                }
            };
            if entry.replace(Cow::Borrowed(text)).is_some() {
                return Err(DecodeError::Invalid {
                    field: "second extended metadata of a kind",
                    value: u64::from(kind),
                });
            }
        }
        Ok(metadata)
    }

    /// Appends the content of the block, without its length.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for (kind, text) in [(DATA_TYPE, &self.data_type), (FORMAT, &self.format)] {
            if let Some(text) = text {
                out.push(kind);
                put_lenenc_bytes(text, out);
            }
        }
    }

    /// The block on its own.
    #[must_use]
    pub fn into_owned(self) -> ExtendedMetadata<'static> {
        let own = |text: Cow<'_, [u8]>| Cow::Owned(text.into_owned());
        ExtendedMetadata {
            data_type: self.data_type.map(own),
            format: self.format.map(own),
        }
    }
}
