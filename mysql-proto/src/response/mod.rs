//! The packets of which replies are made, but for rows.

pub mod column;
pub mod eof;
pub mod err;
pub mod ok;
