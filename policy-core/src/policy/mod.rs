//! The policy: a TOML file, read whole or not at all, and what it says about people and statements.

pub mod compile;
pub mod detector;
pub mod document;
pub mod error;
pub mod fit;
pub mod mask;
mod mask_entry;
pub mod pattern;
pub mod people;
pub mod protect;
pub mod set;
pub mod statements;
pub(crate) mod table;
