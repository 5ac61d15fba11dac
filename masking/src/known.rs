//! What is known of a result beyond its column definitions.

use mysql_proto::charset::Charset;

/// What is known of a result beyond its column definitions.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct Known<'a> {
    /// What is written in which character set.
    pub charsets: ResultCharsets,
    /// For each column whether it is a JSON document, though its definition calls it text or bytes.
    ///
    /// MariaDB's JSON is a LONGTEXT with a CHECK. Columns beyond the end are none.
    pub documents: &'a [bool],
}

/// The character sets of what has none in its column definition.
///
/// MySQL writes numbers in ASCII and JSON in `character_set_results`. MariaDB writes numbers, dates
/// and times in `character_set_results`, as far as they are text: in text rows, and a DECIMAL in
/// binary rows too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data given by the caller")]
pub struct ResultCharsets {
    /// Of numbers, dates and times.
    pub numbers: Charset,
    /// Of JSON.
    pub json: Charset,
}

impl ResultCharsets {
    /// Whether the server converts no text: then definitions call every text bytes, and each comes
    /// in the set of its column.
    pub(crate) const fn are_binary(self) -> bool {
        matches!(self.numbers, Charset::Binary) || matches!(self.json, Charset::Binary)
    }
}

impl Default for ResultCharsets {
    /// That in which ASCII is itself.
    fn default() -> Self {
        Self {
            numbers: Charset::Utf8mb4,
            json: Charset::Utf8mb4,
        }
    }
}
