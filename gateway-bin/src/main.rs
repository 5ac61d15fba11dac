//! The postern program: reads the command line, does what it says, and ends with its exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use gateway_bin::cli::Cli;
use gateway_bin::cli::ExitStatus;
use gateway_bin::config::ConfigErrors;
use gateway_bin::policy_file::PolicyFileError;

fn main() -> ExitCode {
    let status = gateway_bin::cli::run(Cli::parse()).unwrap_or_else(|error| {
        // Mistakes of a file begin with its name already, where editors look for it.
        let prefix = if error.is::<ConfigErrors>() || error.is::<PolicyFileError>() {
            ""
        } else {
            "postern: "
        };
        // With the error stream gone too there is nobody left to tell.
        let _: std::io::Result<()> = writeln!(std::io::stderr().lock(), "{prefix}{error:#}");
        ExitStatus::Broken
    });
    ExitCode::from(status.code())
}
