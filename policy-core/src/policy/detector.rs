//! Detectors that a role switches on: a second net under the masks, for text that nothing protects.

/// What is looked for in unprotected text.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever looks must know how to look for each"
)]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Detector {
    /// Addresses of mail.
    Email,
    /// Payment cards.
    Card,
    /// Bank accounts.
    Iban,
    /// Social security numbers of the United States.
    Ssn,
    /// Telephone numbers.
    Phone,
    /// JSON web tokens.
    Jwt,
    /// Keys of services.
    ApiKey,
    /// Private keys in PEM.
    PrivateKey,
}

impl Detector {
    /// All of them, as documented.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Card,
        Self::Iban,
        Self::Ssn,
        Self::Phone,
        Self::Jwt,
        Self::ApiKey,
        Self::PrivateKey,
    ];

    /// The name in a policy.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Phone => "phone",
            Self::Jwt => "jwt",
            Self::ApiKey => "api_key",
            Self::PrivateKey => "private_key",
        }
    }
}

/// Stands for all detectors, those of later versions too.
pub(super) const EVERY: &str = "all";
