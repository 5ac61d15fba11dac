//! The command line: one file per command, gathered by `command`.

pub mod approvals;
pub mod approve;
pub mod audit;
mod case_files;
mod case_report;
pub mod check;
pub mod command;
pub mod demo;
pub mod explain;
pub mod grants;
pub mod keygen;
pub mod kinds;
pub mod lists;
pub mod mask;
pub mod plain;
pub mod policy;
pub mod policy_test;
pub mod run;
pub mod runtime;
pub mod status;
pub mod token;

pub use command::Cli;
pub use command::run;
pub use status::ExitStatus;
