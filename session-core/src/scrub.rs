//! Failures of statements that touch protected columns: one fixed text, whatever went wrong.

use mysql_proto::flags::StatusFlags;

use crate::reply::Failure;

/// The error for a client whose statement touched a protected column and failed with `code`.
///
/// A few codes do not hang on values and clients act on them: they keep their number, with a
/// standard text.
pub(crate) fn protected_failure(code: u16) -> Failure {
    let (state, text) = match code {
        1205 => (
            *b"HY000",
            "lock wait timeout exceeded; try restarting the transaction",
        ),
        1213 => (
            *b"40001",
            "deadlock found when trying to get lock; try restarting the transaction",
        ),
        1317 => (*b"70100", "query execution was interrupted"),
        3024 | 1969 => (
            *b"HY000",
            "query execution was interrupted, maximum time exceeded",
        ),
        1053 => (*b"08S01", "server shutdown in progress"),
        _ => {
            return Failure::closed(
                "POSTERN-PROTECTED",
                "the statement failed at the target; because it touches a protected column, the \
                 reason is shown to auditors only. Check types, keys and constraints, or leave the \
                 protected column out",
            );
        }
    };
    Failure::new(code, state, "POSTERN-PROTECTED", text)
}

/// The status flags without those of a statement's plan: which plan is chosen, and how long it took,
/// may hang on protected values.
pub(crate) fn status(status: StatusFlags) -> StatusFlags {
    status.difference(
        StatusFlags::NO_GOOD_INDEX_USED | StatusFlags::NO_INDEX_USED | StatusFlags::QUERY_WAS_SLOW,
    )
}

/// Whether a refusal of the target's rights, by its text, is about another right than that to read
/// columns. The right to lock rows or to show a definition lets nobody read one, so that its lack is
/// no sign of a misreading. A text in another language is taken for one.
pub(crate) fn is_of_another_right(message: &str) -> bool {
    const OTHERS: [&str; 4] = [
        "SELECT with locking clause command denied to user",
        "SELECT, LOCK TABLES command denied to user",
        "SHOW command denied to user",
        "SHOW VIEW command denied to user",
    ];
    OTHERS.iter().any(|other| message.starts_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_key_looks_like_any_other_failure() {
        assert_eq!(protected_failure(1062), protected_failure(1292));
        assert_eq!(protected_failure(1213).code, 1213);
    }

    #[test]
    fn flags_of_the_plan_are_not_shown() {
        let plan = StatusFlags::NO_INDEX_USED | StatusFlags::QUERY_WAS_SLOW;
        let kept = StatusFlags::AUTOCOMMIT | StatusFlags::IN_TRANSACTION;
        assert_eq!(status(plan | kept), kept);
        assert_eq!(
            status(StatusFlags::NO_GOOD_INDEX_USED),
            StatusFlags::empty()
        );
    }

    #[test]
    fn a_lack_of_the_right_to_read_is_a_sign_of_a_misreading() {
        for message in [
            "SELECT command denied to user 'r'@'h' for column 'ssn' in table 't'",
            "SELECT command denied to user 'SHOW command denied to user'@'h' for table 't'",
            "UPDATE command denied to user 'r'@'h' for table 't'",
            "SELECT-Befehl verweigert",
            "",
        ] {
            assert!(!is_of_another_right(message), "{message}");
        }
        assert!(is_of_another_right(
            "SHOW VIEW command denied to user 'r'@'h' for table 'v'"
        ));
    }
}
