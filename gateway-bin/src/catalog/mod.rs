//! What targets hold: loaded by the gateway's own account, kept fresh, and compared with grants.

pub mod error;
pub mod grants;
pub mod handle;
pub mod load;
pub mod rights;
pub mod watch;

mod build;
mod ddl;
mod expression;
mod queries;
