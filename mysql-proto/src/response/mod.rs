//! The packets of which replies are made, but for rows.

pub mod column;
pub mod eof;
pub mod err;
pub mod extended;
pub mod infile;
pub mod ok;
pub mod progress;
pub mod writer;
