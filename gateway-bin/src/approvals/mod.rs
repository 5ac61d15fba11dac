//! Tickets for statements that need a human: asked, answered, used, kept in one SQLite file.

pub mod error;
pub mod lifecycle;
pub mod service;
pub mod store;
pub mod ticket;

mod files;
mod rows;
