//! Which literals of a statement are mere values: their kind counts, what they say does not.
//!
//! Only forms that are known to the last token: `column = 1`, `column IN (1, 2)`,
//! `column BETWEEN 1 AND 2`, `column LIKE 'x%'`, a whole item of an INSERT's VALUES row, a whole
//! argument of a listed function. Whatever could be a name, a position, a count, a type, a path, a
//! length or a predicate of its own is none of these, and counts as it is.
//!
//! Whether the WHERE of UPDATE and DELETE restricts anything hangs on values that are compared with
//! each other, as in `id = 1 OR id <> 1`. So there a value is one only as a whole condition that AND
//! joins to others, and only where nothing but AND joins any.

use crate::lex::capitals::Capitals;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;

/// A walk over all tokens of a statement, one after the other.
pub(super) struct Places<'t, 'a> {
    tokens: &'t [Token<'a>],
    /// What each open parenthesis holds.
    groups: [Group; GROUPS_MAX],
    depth: usize,
    /// Groups in which a BETWEEN waits for its AND, a bit each.
    between: u64,
    /// The last AND that belongs to a BETWEEN.
    between_and: Option<usize>,
    rows: Rows,
    filter: Filter,
}

/// Whether it is asked of the conditions which rows they mean.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Filter {
    /// They choose what is read.
    None,
    /// They choose what is changed, each by itself.
    Conjuncts,
    /// They choose what is changed, and may be joined in any way.
    Any,
}

/// No word that the walk looks out for is shorter.
const KEYWORD_BYTES_MIN: usize = 3;

/// Deeper parentheses are not told apart: literals in them count as they are.
const GROUPS_MAX: usize = 64;

/// What a parenthesis holds.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Group {
    Other,
    /// Values between commas: of IN, of a row, of a call.
    Values,
}

/// Where in the rows of an INSERT the walk is.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Rows {
    /// There are none, or they are over.
    None,
    /// VALUES may come.
    Before,
    /// A row must come.
    Next,
    Within,
    After,
}

impl<'t, 'a> Places<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        let adds_rows = is_word(tokens.first(), &["INSERT", "REPLACE"]);
        Self {
            tokens,
            groups: [Group::Other; GROUPS_MAX],
            depth: 0,
            between: 0,
            between_and: None,
            rows: if adds_rows { Rows::Before } else { Rows::None },
            filter: filter(tokens),
        }
    }

    /// Takes the next token, the one at that index; whether it is a literal of which only the kind
    /// counts.
    pub(super) fn is_value(&mut self, token: &Token<'_>, index: usize) -> bool {
        match &token.kind {
            TokenKind::Symbol(Symbol::LeftParenthesis) => self.open(index),
            TokenKind::Symbol(Symbol::RightParenthesis) => self.close(),
            TokenKind::Symbol(Symbol::Comma) if self.depth == 0 => {
                self.rows = match self.rows {
                    Rows::After => Rows::Next,
                    Rows::Before => Rows::Before,
                    Rows::None | Rows::Next | Rows::Within => Rows::None,
                };
            }
            TokenKind::Word(word) => self.word(word, index),
            TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::String { .. }
            | TokenKind::Raw(_) => {
                return self.literal(token, index);
            }
            TokenKind::Symbol(_)
            | TokenKind::QuotedIdentifier(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
            | TokenKind::Parameter
            | TokenKind::UserVariable(_)
            | TokenKind::SystemVariable => {}
        }
        false
    }

    fn open(&mut self, index: usize) {
        let group = if self.rows == Rows::Next && self.depth == 0 {
            self.rows = Rows::Within;
            Group::Values
        } else if self.is_list(index) || self.is_call(index) {
            Group::Values
        } else {
            Group::Other
        };
        if let Some(place) = self.groups.get_mut(self.depth) {
            *place = group;
        }
        self.depth += 1;
    }

    fn close(&mut self) {
        self.between &= !self.bit();
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 && self.rows == Rows::Within {
            self.rows = Rows::After;
        }
    }

    fn word(&mut self, word: &str, index: usize) {
        let keeps = matches!(self.rows, Rows::None | Rows::Before | Rows::Within);
        if word.len() < KEYWORD_BYTES_MIN && keeps {
            return;
        }
        let capitals = Capitals::of(word);
        let word = capitals.bytes();
        if is_clause(word)
            && let Some(group) = self
                .depth
                .checked_sub(1)
                .and_then(|at| self.groups.get_mut(at))
        {
            *group = Group::Other;
        }
        if word == b"BETWEEN" {
            self.between |= self.bit();
        } else if self.between & self.bit() != 0 && word == b"AND" {
            self.between &= !self.bit();
            self.between_and = Some(index);
        }
        if self.depth == 0 && self.rows != Rows::None {
            self.rows = match (self.rows, word) {
                (Rows::Before, b"VALUES" | b"VALUE") => Rows::Next,
                (Rows::Before, b"SELECT" | b"SET") => Rows::None,
                (Rows::Before, _) => Rows::Before,
                (Rows::None | Rows::Next | Rows::Within | Rows::After, _) => Rows::None,
            };
        }
    }

    /// The bit of the group that is open; none for those that are too deep.
    fn bit(&self) -> u64 {
        u32::try_from(self.depth).map_or(0, |depth| 1_u64.checked_shl(depth).unwrap_or(0))
    }

    fn literal(&self, token: &Token<'_>, index: usize) -> bool {
        if !self.is_told_apart() {
            return false;
        }
        let sign = is_symbol(self.before(index, 1), &[Symbol::Minus]);
        let start = index - usize::from(sign);
        let next = self.tokens.get(index + 1);
        let Some(before) = self.before(start, 1) else {
            return false;
        };
        match &before.kind {
            TokenKind::Symbol(Symbol::LeftParenthesis | Symbol::Comma) => {
                let group = self.depth.checked_sub(1).and_then(|at| self.groups.get(at));
                group == Some(&Group::Values)
                    && is_symbol(next, &[Symbol::RightParenthesis, Symbol::Comma])
            }
            TokenKind::Symbol(symbol) => {
                COMPARISONS.contains(symbol) && self.is_column(start, 2) && ends(next)
            }
            TokenKind::Word(word) if word.eq_ignore_ascii_case("AND") => {
                self.between_and == start.checked_sub(1) && self.is_lower_bound(start) && ends(next)
            }
            TokenKind::Word(word) if word.eq_ignore_ascii_case("BETWEEN") => {
                self.is_column_or_not(start, 2) && is_word(next, &["AND"])
            }
            TokenKind::Word(word) if word.eq_ignore_ascii_case("LIKE") => {
                // `LIKE '%'` is a predicate of its own: it is true whatever the column holds.
                self.filter == Filter::None
                    && matches!(&token.kind, TokenKind::String { value, .. }
                    if value.iter().any(|byte| *byte != b'%'))
                    && self.is_column_or_not(start, 2)
                    && ends(next)
            }
            TokenKind::Word(_)
            | TokenKind::QuotedIdentifier(_)
            | TokenKind::String { .. }
            | TokenKind::Raw(_)
            | TokenKind::Integer(_)
            | TokenKind::Decimal(_)
            | TokenKind::Hex(_)
            | TokenKind::Bit(_)
            | TokenKind::Parameter
            | TokenKind::UserVariable(_)
            | TokenKind::SystemVariable => false,
        }
    }

    /// Whether the place is one where a value can be told from what else a filter hangs on.
    fn is_told_apart(&self) -> bool {
        match self.filter {
            Filter::None => true,
            Filter::Any => false,
            Filter::Conjuncts => {
                let list = self.depth == 1 && self.groups.first() == Some(&Group::Values);
                self.depth == 0 || list
            }
        }
    }

    fn before(&self, index: usize, back: usize) -> Option<&'t Token<'a>> {
        self.tokens.get(index.checked_sub(back)?)
    }

    /// Whether `column BETWEEN literal AND` ends that many tokens before the index.
    fn is_lower_bound(&self, upper: usize) -> bool {
        let is_literal = self.before(upper, 2).is_some_and(|token| {
            matches!(
                token.kind,
                TokenKind::Integer(_) | TokenKind::Decimal(_) | TokenKind::String { .. }
            )
        });
        let sign = usize::from(is_symbol(self.before(upper, 3), &[Symbol::Minus]));
        is_literal
            && is_word(self.before(upper, 3 + sign), &["BETWEEN"])
            && self.is_column_or_not(upper, 4 + sign)
    }

    fn is_column_or_not(&self, index: usize, back: usize) -> bool {
        let not = is_word(self.before(index, back), &["NOT"]);
        self.is_column(index, back + usize::from(not))
    }

    /// Whether `c`, `t.c` or `s.t.c` ends that many tokens before the index, and is an operand from
    /// its first token on.
    fn is_column(&self, index: usize, back: usize) -> bool {
        let is_name = |back| {
            self.before(index, back).is_some_and(|token| {
                matches!(
                    token.kind,
                    TokenKind::Word(_) | TokenKind::QuotedIdentifier(_)
                )
            })
        };
        let mut first = back;
        if !is_name(first) {
            return false;
        }
        for _ in 0..2 {
            if is_symbol(self.before(index, first + 1), &[Symbol::Dot]) && is_name(first + 2) {
                first += 2;
            }
        }
        let before = self.before(index, first + 1);
        let between = index.checked_sub(first + 1) == self.between_and;
        is_symbol(before, &[Symbol::LeftParenthesis, Symbol::Comma])
            || (is_word_of(before, is_start) && !between)
    }

    /// Whether the parenthesis is that of `column IN (`.
    fn is_list(&self, index: usize) -> bool {
        is_word(self.before(index, 1), &["IN"]) && self.is_column_or_not(index, 2)
    }

    /// Whether the parenthesis is that of a call of a listed function.
    fn is_call(&self, index: usize) -> bool {
        let touches = self.tokens.get(index).is_some_and(|token| !token.spaced);
        self.filter == Filter::None
            && touches
            && is_word_of(self.before(index, 1), is_function)
            && !is_symbol(self.before(index, 2), &[Symbol::Dot])
    }
}

/// What stands in the way of looking at each condition by itself.
fn filter(tokens: &[Token<'_>]) -> Filter {
    if !is_word(tokens.first(), &["UPDATE", "DELETE", "WITH"]) {
        return Filter::None;
    }
    let joins = |token: &Token<'_>| match &token.kind {
        TokenKind::Word(word) => is_joint(Capitals::of(word).bytes()),
        TokenKind::Symbol(symbol) => {
            matches!(
                symbol,
                Symbol::Pipe
                    | Symbol::PipePipe
                    | Symbol::Ampersand
                    | Symbol::AmpersandAmpersand
                    | Symbol::Exclamation
                    | Symbol::Caret
                    | Symbol::NullSafeEqual
            )
        }
        TokenKind::QuotedIdentifier(_)
        | TokenKind::String { .. }
        | TokenKind::Raw(_)
        | TokenKind::Integer(_)
        | TokenKind::Decimal(_)
        | TokenKind::Hex(_)
        | TokenKind::Bit(_)
        | TokenKind::Parameter
        | TokenKind::UserVariable(_)
        | TokenKind::SystemVariable => false,
    };
    if tokens.iter().any(joins) {
        Filter::Any
    } else {
        Filter::Conjuncts
    }
}

/// Words by which conditions hang together, other than AND.
fn is_joint(word: &[u8]) -> bool {
    matches!(
        word,
        b"OR" | b"XOR" | b"NOT" | b"CASE" | b"IF" | b"SELECT" | b"DIV" | b"MOD"
    )
}

const COMPARISONS: [Symbol; 7] = [
    Symbol::Equal,
    Symbol::NotEqual,
    Symbol::LessGreater,
    Symbol::Less,
    Symbol::LessOrEqual,
    Symbol::Greater,
    Symbol::GreaterOrEqual,
];

/// Words behind which an operand begins.
fn is_start(word: &[u8]) -> bool {
    matches!(
        word,
        b"WHERE" | b"AND" | b"OR" | b"XOR" | b"ON" | b"HAVING" | b"SET" | b"UPDATE" | b"WHEN"
    )
}

/// Words that end an operand.
fn is_end(word: &[u8]) -> bool {
    matches!(
        word,
        b"AND"
            | b"OR"
            | b"XOR"
            | b"ORDER"
            | b"GROUP"
            | b"HAVING"
            | b"LIMIT"
            | b"FOR"
            | b"LOCK"
            | b"WHERE"
            | b"THEN"
            | b"UNION"
            | b"RETURNING"
            | b"ON"
            | b"JOIN"
            | b"LEFT"
            | b"RIGHT"
            | b"INNER"
            | b"CROSS"
    )
}

/// Words of a query: a parenthesis with one of them holds no list of values.
fn is_clause(word: &[u8]) -> bool {
    matches!(
        word,
        b"SELECT"
            | b"WITH"
            | b"TABLE"
            | b"VALUES"
            | b"UNION"
            | b"EXCEPT"
            | b"INTERSECT"
            | b"MINUS"
            | b"GROUP"
            | b"ORDER"
            | b"LIMIT"
            | b"OFFSET"
    )
}

/// Functions whose literal arguments are values and nothing else: none is a length, a count, a
/// unit, a format of a type or a path, and nothing hangs on how long one is.
fn is_function(word: &[u8]) -> bool {
    matches!(
        word,
        b"CONCAT"
            | b"CONCAT_WS"
            | b"LOWER"
            | b"LCASE"
            | b"UPPER"
            | b"UCASE"
            | b"COALESCE"
            | b"IFNULL"
            | b"NULLIF"
            | b"MD5"
            | b"SHA1"
            | b"GREATEST"
            | b"LEAST"
            | b"ABS"
            | b"HEX"
    )
}

fn ends(next: Option<&Token<'_>>) -> bool {
    next.is_none()
        || is_symbol(
            next,
            &[Symbol::RightParenthesis, Symbol::Semicolon, Symbol::Comma],
        )
        || is_word_of(next, is_end)
}

fn is_word(token: Option<&Token<'_>>, words: &[&str]) -> bool {
    matches!(token, Some(Token { kind: TokenKind::Word(word), .. })
        if words.iter().any(|other| word.eq_ignore_ascii_case(other)))
}

fn is_word_of(token: Option<&Token<'_>>, is: fn(&[u8]) -> bool) -> bool {
    matches!(token, Some(Token { kind: TokenKind::Word(word), .. })
        if is(Capitals::of(word).bytes()))
}

fn is_symbol(token: Option<&Token<'_>>, symbols: &[Symbol]) -> bool {
    matches!(token, Some(Token { kind: TokenKind::Symbol(found), .. }) if symbols.contains(found))
}
