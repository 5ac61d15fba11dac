//! The command line: one file per command, gathered by `command`.

pub mod command;
pub mod keygen;
pub mod status;

pub use command::Cli;
pub use command::run;
pub use status::ExitStatus;
