//! The policy file: as written, compiled, and matched.
