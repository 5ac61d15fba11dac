//! Text of agents on a person's terminal: what could move the cursor or reorder letters is spelled out.

use std::fmt;

/// Shows text with every control, formatting and invisible character as `\u{…}`, so that what an
/// approver reads is what the agent sent.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper for display")]
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if is_plain(letter) {
                write!(formatter, "{letter}")?;
            } else {
                write!(formatter, "\\u{{{:x}}}", u32::from(letter))?;
            }
        }
        Ok(())
    }
}

/// Printable ASCII, and the letters and digits of every script but those that are drawn as nothing.
fn is_plain(letter: char) -> bool {
    let is_filler = matches!(letter, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    matches!(letter, ' '..='~') || (letter.is_alphanumeric() && !is_filler)
}

/// The same over several lines, each behind a bar, so that none can pass for the program's own.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut shown = String::new();
    for line in text.split('\n') {
        shown.push_str("  | ");
        shown.push_str(&Plain(line).to_string());
        shown.push('\n');
    }
    shown
}

/// The beginning, on one line.
#[must_use]
pub fn shortened(text: &str, letters_max: usize) -> String {
    let one_line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = one_line.chars().take(letters_max).collect();
    let rest = if short.len() < one_line.len() {
        "…"
    } else {
        ""
    };
    format!("{}{rest}", Plain(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_out_what_could_fool_a_reader() {
        let shown = |text| Plain(text).to_string();
        assert_eq!(shown("DROP\u{1b}[2K\rTABLE"), "DROP\\u{1b}[2K\\u{d}TABLE");
        assert_eq!(
            shown("a\u{202e}b\u{200b}c\u{a0}d"),
            "a\\u{202e}b\\u{200b}c\\u{a0}d"
        );
        assert_eq!(shown("naïve Größe 顧客"), "naïve Größe 顧客");
    }

    #[test]
    fn puts_a_bar_before_every_line() {
        assert_eq!(quoted("a\n\nb\r"), "  | a\n  | \n  | b\\u{d}\n");
    }

    #[test]
    fn shortens_to_letters_of_one_line() {
        assert_eq!(shortened("a\n  b", 10), "a b");
        assert_eq!(shortened("abcdef", 3), "abc…");
    }
}
