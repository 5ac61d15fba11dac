//! Rows of results, in the text protocol and in the binary protocol.

pub mod binary;
pub mod text;
pub mod value;
pub mod vector;
