//! Groups with their issuers, and times.

use std::time::Duration;

use crate::policy::compile::Compiler;
use crate::policy::people::Group;
use crate::policy::table::Placed;

impl Compiler<'_> {
    /// Groups or subjects: with several issuers each needs its own, before a colon or for the block.
    pub(super) fn groups(
        &self,
        words: Option<&[Placed<String>]>,
        issuer: Option<&str>,
    ) -> Vec<Group> {
        let words = words.unwrap_or_default().iter();
        words.map(|word| self.group(word, issuer)).collect()
    }

    fn group(&self, word: &Placed<String>, issuer: Option<&str>) -> Group {
        if let Some(issuer) = issuer {
            return Group {
                issuer: Some(issuer.to_owned()),
                name: word.value.clone(),
            };
        }
        let known = self.known.issuers;
        if let Some((prefix, name)) = word.value.split_once(':')
            && known.contains(&prefix)
        {
            return Group {
                issuer: Some(prefix.to_owned()),
                name: name.to_owned(),
            };
        }
        if known.len() > 1 {
            let message = format!(
                "whose `{}`? There are several issuers: write `{}:{}`, or `issuer = \"…\"` beside it",
                word.value,
                known.first().copied().unwrap_or_default(),
                word.value
            );
            self.source.mistake(word.at, message);
        }
        Group {
            issuer: None,
            name: word.value.clone(),
        }
    }

    pub(super) fn issuer(&self, word: Option<&Placed<String>>) -> Option<String> {
        let word = word?;
        let known = self.known.issuers;
        if !known.is_empty() && !known.contains(&word.value.as_str()) {
            self.unknown("issuer", word, known);
        }
        Some(word.value.clone())
    }

    pub(super) fn duration(&self, text: &Placed<String>) -> Option<Duration> {
        let duration = parse_duration(&text.value);
        if duration.is_none() {
            let message = format!(
                "`{}` is not a time: write a whole number and `s`, `m`, `h` or `d`, as in `30m`",
                text.value
            );
            self.source.mistake(text.at, message);
        }
        duration
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at_checked(digits_end)?;
    let seconds_each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = digits.parse::<u64>().ok()?.checked_mul(seconds_each)?;
    (1..=LONGEST_SECONDS)
        .contains(&seconds)
        .then(|| Duration::from_secs(seconds))
}

/// A year: beyond it a time is a typing mistake.
const LONGEST_SECONDS: u64 = 366 * 86_400;
