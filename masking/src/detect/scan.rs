//! One pass over a text: what begins here is asked of each detector, and none looks back further
//! than to what the one before it left, so that the work is linear in the text.

use crate::detect::Detector;
use crate::detect::DetectorSet;
use crate::detect::card;
use crate::detect::contact;
use crate::detect::iban;
use crate::detect::key;
use crate::detect::words::Text;
use crate::detect::words::is_word;

/// A part of a text that is to be hidden.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Find {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) detectors: DetectorSet,
}

/// Finds what these detectors know, in order and without overlap.
pub(crate) fn scan(text: Text<'_>, set: DetectorSet, finds: &mut Vec<Find>) {
    finds.clear();
    let mut scan = Scan {
        text,
        set,
        finds,
        no_token_before: 0,
        no_key_before: 0,
    };
    let mut index = 0;
    while index < text.len() {
        index = scan.at(index).max(index + 1);
    }
}

struct Scan<'t, 'f> {
    text: Text<'t>,
    set: DetectorSet,
    finds: &'f mut Vec<Find>,
    /// In front of here no web token begins: the run of its letters was looked at already.
    no_token_before: usize,
    /// In front of here a key was found, and all that may belong to it.
    no_key_before: usize,
}

impl Scan<'_, '_> {
    /// Looks at what stands there; gives the place from which to go on.
    fn at(&mut self, index: usize) -> usize {
        let text = self.text;
        match text.at(index) {
            byte if is_word(byte) => self.word(index),
            b'@' => {
                self.keep(Detector::Email, || contact::email(text, index));
                index + 1
            }
            b'+' => {
                self.keep(Detector::Phone, || contact::international(text, index));
                index + 1
            }
            b'(' => {
                self.keep(Detector::Phone, || contact::american(text, index));
                index + 1
            }
            b'-' => self
                .keep(Detector::PrivateKey, || key::private_key(text, index))
                .unwrap_or(index + 1),
            b'\\' => self.escape(index),
            _ => index + 1,
        }
    }

    /// A word begins behind a backslash, and once more behind what may be an escape.
    fn escape(&mut self, index: usize) -> usize {
        let Some(behind) = self.text.escape_end(index) else {
            return index + 1;
        };
        let end = self.word(index + 1);
        if is_word(self.text.at(behind)) {
            self.word(behind).max(end)
        } else {
            end
        }
    }

    /// Whatever begins with a letter or a digit; gives the end of the word.
    fn word(&mut self, start: usize) -> usize {
        let text = self.text;
        let first = text.at(start);
        if first.is_ascii_digit() {
            self.keep(Detector::Card, || card::card(text, start));
            self.keep(Detector::Ssn, || card::social_security(text, start));
            self.keep(Detector::Phone, || contact::american(text, start));
        } else {
            self.keep(Detector::Iban, || iban::iban(text, start));
            if start >= self.no_key_before {
                let end = self.keep(Detector::ApiKey, || key::api_key(text, start));
                self.no_key_before = end.unwrap_or(start);
            }
            if first == b'e' && start >= self.no_token_before {
                self.token(start);
            }
        }
        text.run(start, usize::MAX, is_word)
    }

    fn token(&mut self, start: usize) {
        if !self.set.contains(Detector::Jwt) {
            return;
        }
        let token = key::web_token(self.text, start);
        self.no_token_before = token.header_end;
        self.keep(Detector::Jwt, || Some((start, token.end?)));
    }

    /// Keeps what a detector finds, joined with what overlaps it; gives its end.
    fn keep(
        &mut self,
        detector: Detector,
        find: impl FnOnce() -> Option<(usize, usize)>,
    ) -> Option<usize> {
        if !self.set.contains(detector) {
            return None;
        }
        let (mut start, mut end) = find()?;
        let mut detectors = DetectorSet::NONE.with(detector);
        let found = end;
        while let Some(last) = self.finds.pop_if(|last| last.end > start) {
            start = start.min(last.start);
            end = end.max(last.end);
            detectors = detectors.union(last.detectors);
        }
        self.finds.push(Find {
            start,
            end,
            detectors,
        });
        Some(found)
    }
}
