//! Detectors: values that look like an address, a card or a key are hidden wherever they stand.
//!
//! They are a second net under a policy and never a boundary: a text is searched as it stands, so
//! whoever writes a value in another way is not found out. What they find is starred out, unit by
//! unit, so that a cell keeps its length; they show nothing that was hidden.

mod card;
pub(crate) mod cell;
mod contact;
mod formats;
mod hide;
mod iban;
mod key;
mod scan;
mod search;
mod units;
mod words;

pub use crate::detect::hide::hide_text;
pub use crate::detect::search::Search;

/// What is looked for.
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever names, counts or records detectors must handle each"
)]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Detector {
    /// Addresses of mail.
    Email,
    /// Payment cards, by issuer, length and check digit (ISO/IEC 7812).
    Card,
    /// Bank accounts, by country, length and check digits (ISO 13616).
    Iban,
    /// Social security numbers of the United States, `ddd-dd-dddd`.
    Ssn,
    /// Telephone numbers, in international form or in the form of North America.
    Phone,
    /// JSON web tokens (RFC 7519).
    Jwt,
    /// Keys and tokens of services that begin with a known prefix.
    ApiKey,
    /// Private keys between their PEM lines (RFC 7468).
    PrivateKey,
}

impl Detector {
    /// All, in the order of their names' first mention.
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

    /// The name in policies and records.
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

    const fn bit(self) -> u8 {
        match self {
            Self::Email => 1,
            Self::Card => 1 << 1,
            Self::Iban => 1 << 2,
            Self::Ssn => 1 << 3,
            Self::Phone => 1 << 4,
            Self::Jwt => 1 << 5,
            Self::ApiKey => 1 << 6,
            Self::PrivateKey => 1 << 7,
        }
    }
}

/// Some detectors.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DetectorSet(u8);

impl DetectorSet {
    /// None: nothing is looked for.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self(u8::MAX);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, detector: Detector) -> Self {
        Self(self.0 | detector.bit())
    }

    /// Those of either set.
    #[must_use]
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has that detector.
    #[must_use]
    pub const fn contains(self, detector: Detector) -> bool {
        self.0 & detector.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Detector> for DetectorSet {
    fn from_iter<I: IntoIterator<Item = Detector>>(detectors: I) -> Self {
        detectors.into_iter().fold(Self::NONE, Self::with)
    }
}

/// How often each detector found something.
///
/// Finds that overlap are hidden as one, and counted once for each detector that had a part in it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts([u64; Detector::ALL.len()]);

impl Counts {
    /// Each detector that found something, and how often.
    pub fn found(&self) -> impl Iterator<Item = (Detector, u64)> {
        let counts = Detector::ALL.into_iter().zip(self.0);
        counts.filter(|(_, count)| *count > 0)
    }

    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    pub(crate) fn count(&mut self, detectors: DetectorSet) {
        for (count, detector) in self.0.iter_mut().zip(Detector::ALL) {
            *count = count.saturating_add(u64::from(detectors.contains(detector)));
        }
    }
}

#[cfg(test)]
mod tests;
