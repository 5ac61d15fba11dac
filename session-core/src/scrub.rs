//! Failures of statements that touch protected columns: one fixed text, whatever went wrong.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_key_looks_like_any_other_failure() {
        assert_eq!(protected_failure(1062), protected_failure(1292));
        assert_eq!(protected_failure(1213).code, 1213);
    }
}
