//! Our own lexer: bytes to tokens, exactly as the target reads them.

pub mod token;
