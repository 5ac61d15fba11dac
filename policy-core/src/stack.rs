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

/// What is left at least for what runs between two questions of [`grown`].
const ROOM_BYTES: usize = if cfg!(debug_assertions) {
    256 << 10
} else {
    128 << 10
};

/// How much more there is when it would be less.
const GROWTH_BYTES: usize = 2 << 20;

/// Runs one step of a recursion, on a new stack when the present one nears its end.
pub(crate) fn grown<R>(step: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(ROOM_BYTES, GROWTH_BYTES, step)
}

/// Runs a reader over a text of that depth ([`Lexed::depth`](crate::lex::Lexed)), on a stack of its
/// own where the present one might not do.
pub(crate) fn with_room<R>(depth: usize, read: impl FnOnce() -> R) -> R {
    let bytes = depth.saturating_add(LEVELS_MIN).saturating_mul(LEVEL_BYTES);
    stacker::maybe_grow(bytes, bytes, read)
}
