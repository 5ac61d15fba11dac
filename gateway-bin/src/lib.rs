//! The postern program: sockets, files, clocks, secrets and the command line around session-core.

pub mod approvals;
