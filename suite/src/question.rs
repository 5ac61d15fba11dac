//! The questions, as they stand on a line.

use serde::Deserialize;

/// One question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Question {
    /// How is this text read, written in hexadecimal digits?
    Read(String),
}
