#![doc = include_str!("../README.md")]

pub mod checkpoint;
pub mod digest;
pub mod error;
pub mod query;
pub mod reader;
pub mod record;
pub mod replay;
pub mod statement;
pub mod storage;
pub mod text;
pub mod time;
pub mod verify;
pub mod writer;

mod line;
mod recover;
mod segment;
mod tree;

pub use checkpoint::SigningKey;
pub use checkpoint::VerifyingKey;
pub use record::Event;
pub use record::Record;
pub use verify::verify;
pub use writer::Settings;
pub use writer::Writer;
