//! `postern demo`: a private database, a toy issuer, a gateway, and a guided tour through them.

pub mod authority;
pub mod client;
pub mod database;
pub mod directory;
pub mod gateway;
pub mod guide;
pub mod issuer;
pub mod prepared;
pub mod process;
pub mod setup;
pub mod stage;
pub mod tour;
