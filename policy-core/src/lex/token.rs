//! One token of a statement, borrowed from its text.

use std::borrow::Cow;
use std::ops::Range;

/// A token and where it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "plain data between lexer and parser"
)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind<'a>,
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// Whether white space or a comment stands before it (`f (x)` is not `f(x)`).
    pub spaced: bool,
}

/// What a token is. Comments and white space are not tokens.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new kind must be read by every parser"
)]
pub enum TokenKind<'a> {
    /// An unquoted word: keyword or identifier, valid UTF-8.
    Word(&'a str),
    /// `` `x` ``, or `"x"` under ANSI_QUOTES, unescaped, valid UTF-8.
    QuotedIdentifier(Cow<'a, str>),
    /// A string literal, unescaped, adjacent strings joined.
    String {
        /// Its bytes in the client's character set.
        value: Cow<'a, [u8]>,
        /// `_utf8mb4` and the like, without the underscore; `n` for N'…'.
        introducer: Option<&'a str>,
    },
    /// A string literal without an introducer whose bytes are no text of the client's character set,
    /// unescaped, adjacent strings joined. Only where a value is written may one stand: see
    /// [`crate::lex::text`].
    Raw(Cow<'a, [u8]>),
    /// A decimal integer without a sign.
    Integer(&'a str),
    /// A number with a point or an exponent.
    Decimal(&'a str),
    /// `0x1f` or `x'1f'`: the digits.
    Hex(&'a str),
    /// `0b01` or `b'01'`: the digits.
    Bit(&'a str),
    /// `?`.
    Parameter,
    /// `@name`, with the name (quoted or not) unescaped; lower case is the caller's business.
    UserVariable(Cow<'a, str>),
    /// `@@`; the scope and name follow as words.
    SystemVariable,
    /// An operator or a punctuation mark.
    Symbol(Symbol),
}

macro_rules! symbols {
    ($($variant:ident $text:literal,)*) => {
        /// Operators and punctuation marks.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[expect(clippy::exhaustive_enums, reason = "a new symbol must be read by every parser")]
        #[expect(missing_docs, reason = "each variant is its text")]
        pub enum Symbol {
            $($variant,)*
        }

        impl Symbol {
            /// As it is written.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

symbols! {
    LeftParenthesis "(",
    RightParenthesis ")",
    LeftBrace "{",
    RightBrace "}",
    Comma ",",
    Semicolon ";",
    Dot ".",
    Plus "+",
    Minus "-",
    Star "*",
    Slash "/",
    Percent "%",
    Caret "^",
    Tilde "~",
    Exclamation "!",
    Ampersand "&",
    AmpersandAmpersand "&&",
    Pipe "|",
    PipePipe "||",
    Equal "=",
    NullSafeEqual "<=>",
    NotEqual "!=",
    LessGreater "<>",
    Less "<",
    LessOrEqual "<=",
    Greater ">",
    GreaterOrEqual ">=",
    ShiftLeft "<<",
    ShiftRight ">>",
    Assign ":=",
    Colon ":",
    Arrow "->",
    DoubleArrow "->>",
}
