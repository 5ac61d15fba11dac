//! What the benches share: packets of a result set, and a shop to ask for statements.

pub mod people;
pub mod reply;
pub mod shop;
