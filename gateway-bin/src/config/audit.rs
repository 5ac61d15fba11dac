//! Section `[audit]`: where the log is written, and the key that signs its checkpoints.

use std::path::Path;
use std::path::PathBuf;

use crate::config::table::Table;
use crate::secret::Seed;

/// What a reader of the log needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct AuditSettings {
    /// The folder of the segments; made if it is missing.
    pub directory: PathBuf,
    /// The name of the log in its checkpoints.
    pub origin: String,
    /// A segment is closed at this size.
    pub segment_bytes_max: u64,
    /// The public half of the signing key.
    pub public_key: [u8; 32],
}

/// What the writer of the log needs besides.
#[derive(Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests and the demo construct it in full"
)]
pub struct AuditWriterSettings {
    /// Shared with readers.
    pub settings: AuditSettings,
    /// Signs checkpoints.
    pub signing_key: Seed,
}

impl AuditWriterSettings {
    /// Without a `directory` the log is in the state directory.
    pub(super) fn read(mut table: Table<'_>, state: Option<&Path>) -> Option<Self> {
        let directory = match table.path("directory") {
            Some(directory) => Some(directory.value),
            None if table.has("directory") => None,
            None => state.map(|state| state.join("audit")),
        };
        let origin = table.string("origin").filter(|origin| {
            // C2SP signed-note: the name of a key has neither spaces nor a plus sign.
            let good = !origin
                .value
                .contains(|c: char| c.is_whitespace() || c == '+');
            if !good {
                table.mistake(origin.at, "`origin` has no white space and no `+`");
            }
            good
        });
        let segment_bytes_max = table.integer("segment_bytes_max", 1024 * 1024..=SEGMENT_BYTES_TOP);
        let signing_key = table.required_secret("signing_key").and_then(|secret| {
            Seed::parse(&secret.value)
                .map_err(|error| table.mistake(secret.at, error))
                .ok()
        });
        table.finish();
        let signing_key = signing_key?;
        Some(Self {
            settings: AuditSettings {
                directory: directory?,
                origin: origin.map_or_else(|| "postern".to_owned(), |text| text.value),
                segment_bytes_max: segment_bytes_max.map_or(SEGMENT_BYTES_MAX, |value| value.value),
                public_key: signing_key.public_key(),
            },
            signing_key,
        })
    }
}

const SEGMENT_BYTES_MAX: u64 = 256 * 1024 * 1024;
const SEGMENT_BYTES_TOP: u64 = 16 * 1024 * 1024 * 1024;
