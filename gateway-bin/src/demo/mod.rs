//! `postern demo`: a private database, a toy issuer, a gateway, and a guided tour through them.

pub mod authority;
pub mod database;
pub mod directory;
pub mod gateway;
pub mod issuer;
pub mod process;
pub mod setup;
