//! The detectors of a role.

use std::collections::BTreeSet;

use crate::policy::compile::Compiler;
use crate::policy::detector::Detector;
use crate::policy::detector::EVERY;
use crate::policy::table::Placed;

impl Compiler<'_> {
    /// Detectors by name, or all of them.
    pub(super) fn detectors(&self, words: Option<&[Placed<String>]>) -> BTreeSet<Detector> {
        let mut detectors = BTreeSet::new();
        for word in words.unwrap_or_default() {
            let mut known = Detector::ALL.into_iter();
            if word.value == EVERY {
                detectors.extend(Detector::ALL);
            } else if let Some(detector) = known.find(|known| known.name() == word.value) {
                detectors.insert(detector);
            } else {
                let names = Detector::ALL.map(Detector::name);
                let names: Vec<&str> = names.into_iter().chain([EVERY]).collect();
                self.unknown("detector", word, &names);
            }
        }
        detectors
    }
}
