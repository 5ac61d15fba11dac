//! What may be read and set around a policy: short lists, each entry of which had to be argued for.

pub mod information_schema;
pub mod listing;
pub mod settable;
pub mod show;
pub mod status;
pub mod unprotected;
pub mod variables;
