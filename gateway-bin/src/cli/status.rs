//! Exit codes.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "scripts rely on these and no others"
)]
pub enum ExitStatus {
    /// All is well.
    Good,
    /// A negative answer: denied, tampered, failing.
    Negative,
    /// The input or the configuration is broken; nothing was started.
    Broken,
}

impl ExitStatus {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Negative => 1,
            Self::Broken => 2,
        }
    }
}
