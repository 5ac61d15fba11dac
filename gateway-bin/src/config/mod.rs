//! The configuration file `postern.toml`: one file per section, gathered and cross-checked in `load`.

pub mod approvals;
pub mod audit;
pub mod error;
pub mod issuer;
pub mod limits;
pub mod listener;
pub mod load;
mod table;
pub mod target;

pub use error::ConfigErrors;
pub use load::Config;
