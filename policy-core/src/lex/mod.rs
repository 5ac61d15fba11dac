//! Our own lexer: bytes to tokens, exactly as the target reads them.

mod bounds;
pub(crate) mod capitals;
mod comment;
mod literal;
mod number;
mod scan;
pub(crate) mod text;
pub mod token;
mod word;

pub use bounds::ReadLimits;
pub use scan::LexContext;
pub use scan::Lexed;
pub use scan::Reading;
pub use scan::lex;
pub(crate) use scan::tokens_of;

#[cfg(test)]
mod tests;
