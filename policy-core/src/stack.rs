//! Room on the stack in proportion to how deep a text is, so that no text can overflow it.

/// What one level of a tree may take of the stack, in the largest of the readers that walk over it;
/// without optimisation it is several times as much.
const LEVEL_BYTES: usize = if cfg!(debug_assertions) {
    128 << 10
} else {
    32 << 10
};

/// Levels that every text is given.
const LEVELS_MIN: usize = 8;

/// Runs a reader over a text of that depth ([`Lexed::depth`](crate::lex::Lexed)), on a stack of its
/// own where the present one might not do.
pub(crate) fn with_room<R>(depth: usize, read: impl FnOnce() -> R) -> R {
    let bytes = depth.saturating_add(LEVELS_MIN).saturating_mul(LEVEL_BYTES);
    stacker::maybe_grow(bytes, bytes, read)
}
