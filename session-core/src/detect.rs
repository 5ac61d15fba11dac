//! Joins the detectors that a policy names with those that search.

use std::collections::BTreeSet;

use masking::detect;
use masking::detect::Counts;
use masking::detect::DetectorSet;
use masking::detect::hide_text;
use policy_core::decision::Allow;
use policy_core::policy::detector::Detector;

/// The detectors of a role.
pub(crate) fn detectors(named: &BTreeSet<Detector>) -> DetectorSet {
    named.iter().map(|detector| known(*detector)).collect()
}

/// Hides what the detectors find in the text of an error.
pub(crate) fn hide_in_message(allow: &Allow, message: &mut [u8], counts: &mut Counts) {
    let detectors = detectors(&allow.detectors);
    if !detectors.is_empty() {
        hide_text(detectors, message, counts);
    }
}

const fn known(detector: Detector) -> detect::Detector {
    match detector {
        Detector::Email => detect::Detector::Email,
        Detector::Card => detect::Detector::Card,
        Detector::Iban => detect::Detector::Iban,
        Detector::Ssn => detect::Detector::Ssn,
        Detector::Phone => detect::Detector::Phone,
        Detector::Jwt => detect::Detector::Jwt,
        Detector::ApiKey => detect::Detector::ApiKey,
        Detector::PrivateKey => detect::Detector::PrivateKey,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_detector_of_a_policy_is_one_that_searches() {
        for (named, searching) in Detector::ALL.into_iter().zip(detect::Detector::ALL) {
            assert_eq!(known(named), searching);
            assert_eq!(named.name(), searching.name());
        }
        let all = BTreeSet::from(Detector::ALL);
        assert_eq!(detectors(&all), DetectorSet::ALL);
        assert!(detectors(&BTreeSet::new()).is_empty());
    }

    #[test]
    fn hides_in_messages_for_roles_with_detectors_only() {
        let mut allow = Allow::default();
        let text = b"Duplicate entry 'alice@corp.example' for key 't.k'";
        let (mut message, mut counts) = (text.to_vec(), Counts::default());
        hide_in_message(&allow, &mut message, &mut counts);
        assert_eq!(message, text);
        allow.detectors = [Detector::Email].into();
        hide_in_message(&allow, &mut message, &mut counts);
        assert_eq!(
            message,
            b"Duplicate entry '******************' for key 't.k'"
        );
        assert_eq!(counts.found().count(), 1);
    }
}
