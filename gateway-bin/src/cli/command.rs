//! What can be asked for, and which file does it.

use std::io;

use clap::Parser;
use clap::Subcommand;

use crate::cli::approvals;
use crate::cli::approve;
use crate::cli::audit;
use crate::cli::check;
use crate::cli::demo;
use crate::cli::explain;
use crate::cli::grants;
use crate::cli::keygen;
use crate::cli::kinds;
use crate::cli::lists;
use crate::cli::mask;
use crate::cli::policy;
use crate::cli::policy_test;
use crate::cli::run::Run;
use crate::cli::status::ExitStatus;
use crate::cli::token;
use crate::telemetry::LogOptions;

/// A gateway through which AI agents use MySQL and MariaDB: it takes the agent's OIDC token as its
/// login, reads every statement before the database sees it, masks protected values in what comes
/// back, asks a human where the policy says so, and writes down everything.
///
/// Exit codes: 0 all is well, 1 a negative answer (denied, tampered, failing), 2 broken input or
/// configuration (nothing was started).
#[derive(Debug, Parser)]
#[command(
    name = "postern",
    version,
    max_term_width = 100,
    after_help = "See it work: `postern demo`. Then: `postern <command> --help` for examples."
)]
#[non_exhaustive]
pub struct Cli {
    /// Logging, for every command.
    #[command(flatten)]
    pub log: LogOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Serve
    Run(Run),
    /// Load all that `run` loads, ask issuers and targets, start nothing
    Check(check::Check),
    /// Check, explain and test a policy, and print the GRANTs that guard it
    Policy {
        /// What to do.
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Take back what a mask has shown, where it can be taken back
    Mask {
        /// What to do.
        #[command(subcommand)]
        command: MaskCommand,
    },
    /// Look at the audit log, and make its key
    Audit {
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Look at tickets and answer them, and make an approver's key
    Approvals {
        /// What to do.
        #[command(subcommand)]
        command: ApprovalsCommand,
    },
    /// See it work: a private database, an issuer, the gateway, and a guided tour
    Demo(demo::Demo),
    /// Print a token of the running demo's issuer
    Token(token::Token),
}

/// What can be done with a policy.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum PolicyCommand {
    /// Say whether a file is a policy, and every mistake in it
    Check(policy::Check),
    /// Say what would be decided about a statement, and why
    Explain(Box<explain::Explain>),
    /// Run files of cases: does the policy decide as it is meant to
    Test(policy_test::Test),
    /// List every kind of statement, its class, and what becomes of it where no rule names it
    Kinds(kinds::Kinds),
    /// Print what may be read, set, called and shown around a policy
    Lists(lists::Lists),
    /// Print the GRANTs by which the server itself guards protected columns
    Grants(grants::Grants),
}

/// What can be done with a mask.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum MaskCommand {
    /// Say what the tokens of a `tokenize` mask stand for
    Reveal(mask::Reveal),
}

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum AuditCommand {
    /// Check every line and every checkpoint
    Verify(audit::Verify),
    /// Show one session as it went
    Replay(audit::Replay),
    /// Find lines
    Query(audit::Query),
    /// Make the key that signs checkpoints, and print its public half for verifiers
    Keygen(keygen::AuditKeygen),
}

/// What can be done with approvals.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum ApprovalsCommand {
    /// List tickets
    List(approvals::List),
    /// Show one ticket whole
    Show(approvals::Show),
    /// Answer with yes, signed with one's own key
    Approve(approve::Approve),
    /// Answer with no
    Deny(approvals::Deny),
    /// Make a key pair, for an approver or as root key, and print the public half
    Keygen(keygen::ApprovalsKeygen),
}

/// Does what the command line says.
///
/// # Errors
/// Broken input or configuration; the text says where and what to do.
pub fn run(cli: Cli) -> anyhow::Result<ExitStatus> {
    crate::telemetry::start(&cli.log)?;
    let mut out = io::stdout();
    match cli.command {
        Command::Run(options) => options.run(),
        Command::Check(options) => options.run(&mut out),
        Command::Policy { command } => match command {
            PolicyCommand::Check(options) => options.run(&mut out),
            PolicyCommand::Explain(options) => options.run(&mut out),
            PolicyCommand::Test(options) => options.run(&mut out),
            PolicyCommand::Kinds(options) => options.run(&mut out),
            PolicyCommand::Lists(options) => options.run(&mut out),
            PolicyCommand::Grants(options) => options.run(&mut out),
        },
        Command::Mask { command } => match command {
            MaskCommand::Reveal(options) => options.run(io::stdin().lock(), &mut out),
        },
        Command::Audit { command } => match command {
            AuditCommand::Verify(options) => options.run(&mut out),
            AuditCommand::Replay(options) => options.run(&mut out),
            AuditCommand::Query(options) => options.run(&mut out),
            AuditCommand::Keygen(options) => options.run(&mut out),
        },
        Command::Approvals { command } => match command {
            ApprovalsCommand::List(options) => options.run(&mut out),
            ApprovalsCommand::Show(options) => options.run(&mut out),
            ApprovalsCommand::Approve(options) => options.run(&mut out),
            ApprovalsCommand::Deny(options) => options.run(&mut out),
            ApprovalsCommand::Keygen(options) => options.run(&mut out),
        },
        Command::Demo(options) => options.run(&mut out),
        Command::Token(options) => options.run(&mut out),
    }
}
