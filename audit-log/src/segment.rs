//! Layout: the names of a log's files, as pure functions. Writer and verifier share only this.

/// The longest line that a reader takes, and the default of what a writer makes.
pub(crate) const LINE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The version of the line format.
pub(crate) const VERSION: u32 = 1;

/// The newest checkpoint; replaced as a whole.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// What a recovery is about to cut; removed once it is written down in the log.
pub(crate) const RECOVERY: &str = "recovery";

/// Lines from number `first` on, to the end of the file.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:020}.jsonl")
}

/// The checkpoint over all lines before number `first`.
pub(crate) fn note_name(first: u64) -> String {
    format!("{first:020}.note")
}

/// The state of the chain and the tree before line number `first`.
pub(crate) fn tree_name(first: u64) -> String {
    format!("{first:020}.tree")
}

/// Of the names in a directory, the numbers that stand before `suffix`, in order.
pub(crate) fn numbers(names: &[String], suffix: &str) -> Vec<u64> {
    let mut numbers: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_suffix(suffix))
        .filter(|digits| digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|digits| digits.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_their_numbers() {
        assert_eq!(segment_name(7), "00000000000000000007.jsonl");
        assert!(segment_name(9) < segment_name(10));
        assert_eq!(segment_name(u64::MAX).len(), segment_name(0).len());
    }

    #[test]
    fn other_files_are_not_segments() {
        let names = [
            segment_name(10),
            segment_name(2),
            note_name(2),
            String::from("2.jsonl"),
            String::from("+0000000000000000002.jsonl"),
            String::from("99999999999999999999.jsonl"),
            String::from("00000000000000000003.jsonl.swp"),
        ];
        assert_eq!(numbers(&names, ".jsonl"), [2, 10]);
        assert_eq!(numbers(&names, ".note"), [2]);
    }
}
