//! Names and values within a grammar, and what of them is noted.

use crate::interval::UNITS;
use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::statement::cursor::Cursor;
use crate::unread::Unread;

/// What a statement named on its way through a grammar.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    /// `table`.
    pub(super) tables: Vec<TableId>,
    /// `column`.
    pub(super) columns: Vec<ColumnName>,
    /// `level`: what GRANT is about.
    pub(super) levels: Vec<Level>,
    /// `expressions`.
    pub(super) expressions: Vec<&'a [Token<'a>]>,
    /// `variable`: user variables.
    pub(super) variables: Vec<String>,
    /// `object`: schema, if written, and name.
    pub(super) objects: Vec<(Option<String>, String)>,
    /// `body`: what is kept to run later.
    pub(super) body: Option<&'a [Token<'a>]>,
    /// Rules that matched, by name.
    pub(super) rules: Vec<&'static str>,
    pub(super) farthest: Option<Cursor<'a>>,
}

/// What GRANT and REVOKE are about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Level {
    /// `*.*`.
    Everything,
    /// `schema.*` or `*`: the name as written, for it may be a pattern.
    Schema(String),
    /// A table or a routine.
    Object(TableId),
}

/// Names and values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    /// An identifier.
    Name,
    /// An identifier or a string.
    Text,
    Str,
    /// A number without a sign.
    Number,
    /// `x'1f'`, `b'1'`.
    Bits,
    /// `32M`.
    Size,
    /// An account or a role.
    User,
    /// `[schema.]table`; noted.
    Table,
    /// A column; noted.
    Column,
    /// `*`, `*.*`, `schema.*`, `[schema.]name`; noted.
    Level,
    /// `@x`; noted.
    Variable,
    /// `@@x`, of which the tokens alone say all.
    System,
    /// The rest of the statement: expressions between commas; noted.
    Expressions,
    /// `[schema.]name` of what is no table; noted.
    Object,
    /// An expression of a schedule, up to its next clause; noted among the expressions.
    Moment,
    /// The same with a unit of time behind it.
    Interval,
    /// The rest of the statement, unread; noted.
    Body,
}

/// The names of the classes in a grammar.
pub(super) const CLASSES: &[(&str, Class)] = &[
    ("name", Class::Name),
    ("text", Class::Text),
    ("string", Class::Str),
    ("number", Class::Number),
    ("bits", Class::Bits),
    ("size", Class::Size),
    ("user", Class::User),
    ("table", Class::Table),
    ("column", Class::Column),
    ("level", Class::Level),
    ("variable", Class::Variable),
    ("system", Class::System),
    ("expressions", Class::Expressions),
    ("object", Class::Object),
    ("moment", Class::Moment),
    ("interval", Class::Interval),
    ("body", Class::Body),
];

impl<'a> Found<'a> {
    pub(super) fn mark(&self) -> [usize; 7] {
        [
            self.tables.len(),
            self.columns.len(),
            self.levels.len(),
            self.expressions.len(),
            self.variables.len(),
            self.rules.len(),
            self.objects.len(),
        ]
    }

    pub(super) fn back(&mut self, mark: [usize; 7]) {
        let [
            tables,
            columns,
            levels,
            expressions,
            variables,
            rules,
            objects,
        ] = mark;
        self.tables.truncate(tables);
        self.columns.truncate(columns);
        self.levels.truncate(levels);
        self.expressions.truncate(expressions);
        self.variables.truncate(variables);
        self.rules.truncate(rules);
        self.objects.truncate(objects);
    }

    pub(super) fn reach(&mut self, at: Cursor<'a>) {
        let is_farther = self
            .farthest
            .is_none_or(|farthest| at.rest().len() < farthest.rest().len());
        if is_farther {
            self.farthest = Some(at);
        }
    }

    pub(super) fn take(&mut self, class: Class, at: &mut Cursor<'a>) -> Result<bool, Unread> {
        match class {
            Class::Name => Ok(at.identifier().is_ok()),
            Class::Text => Ok(is_string(at) || at.identifier().is_ok()),
            Class::Str => Ok(is_string(at)),
            Class::Number => Ok(take_if(at, |kind| {
                matches!(
                    kind,
                    TokenKind::Integer(_) | TokenKind::Decimal(_) | TokenKind::Hex(_)
                )
            })),
            Class::Bits => Ok(take_if(at, |kind| {
                matches!(kind, TokenKind::Hex(_) | TokenKind::Bit(_))
            })),
            Class::Size => Ok(take_if(at, is_size)),
            Class::User => Ok(user(at)),
            Class::Table => {
                if !is_name(at) {
                    return Ok(false);
                }
                self.tables.push(at.object()?);
                Ok(true)
            }
            Class::Column => {
                if !is_name(at) {
                    return Ok(false);
                }
                self.columns.push(at.column()?);
                Ok(true)
            }
            Class::Level => self.level(at),
            Class::Variable => {
                let Some(TokenKind::UserVariable(name)) = at.peek() else {
                    return Ok(false);
                };
                at.skip(1);
                self.variables.push(name.to_lowercase());
                Ok(true)
            }
            Class::System => Ok(take_system(at)),
            Class::Expressions => {
                let rest = at.rest();
                at.skip(rest.len());
                self.expressions.push(rest);
                Ok(!rest.is_empty())
            }
            Class::Object => {
                if !is_name(at) {
                    return Ok(false);
                }
                let first = at.identifier()?;
                let object = match at.take_symbol(Symbol::Dot) {
                    true => (Some(first), at.identifier()?),
                    false => (None, first),
                };
                self.objects.push(object);
                Ok(true)
            }
            Class::Moment => Ok(self.moment(at)),
            Class::Interval => Ok(self.moment(at) && self.without_unit()),
            Class::Body => {
                let rest = at.rest();
                at.skip(rest.len());
                self.body = Some(rest);
                Ok(!rest.is_empty())
            }
        }
    }

    /// The tokens up to a word that begins the next clause of a schedule.
    fn moment(&mut self, at: &mut Cursor<'a>) -> bool {
        let rest = at.rest();
        let mut open = 0_usize;
        let length = rest
            .iter()
            .position(|token| {
                if token.kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
                    open += 1;
                } else if token.kind == TokenKind::Symbol(Symbol::RightParenthesis) {
                    open = open.saturating_sub(1);
                }
                open == 0 && ends_moment(&token.kind)
            })
            .unwrap_or(rest.len());
        let tokens = rest.get(..length).unwrap_or_default();
        at.skip(length);
        self.expressions.push(tokens);
        !tokens.is_empty()
    }

    /// Takes the unit of time from the end of the last expression.
    fn without_unit(&mut self) -> bool {
        let Some((last, tokens)) = self.expressions.pop().and_then(<[_]>::split_last) else {
            return false;
        };
        self.expressions.push(tokens);
        !tokens.is_empty()
            && matches!(last.kind, TokenKind::Word(word)
                if UNITS.iter().any(|unit| word.eq_ignore_ascii_case(unit)))
    }

    fn level(&mut self, at: &mut Cursor<'a>) -> Result<bool, Unread> {
        let level = if at.take_symbol(Symbol::Star) {
            if at.take_symbol(Symbol::Dot) {
                if !at.take_symbol(Symbol::Star) {
                    return Ok(false);
                }
                Level::Everything
            } else {
                // Without a default schema `*` is `*.*`.
                match &at.session.default_schema {
                    Some(schema) => Level::Schema(schema.to_string()),
                    None => Level::Everything,
                }
            }
        } else if !is_name(at) {
            return Ok(false);
        } else if at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::Dot))
            && at.peek_at(2) == Some(&TokenKind::Symbol(Symbol::Star))
        {
            let schema = at.identifier()?;
            at.skip(2);
            Level::Schema(schema)
        } else {
            Level::Object(at.object()?)
        };
        self.levels.push(level);
        Ok(true)
    }
}

fn ends_moment(kind: &TokenKind<'_>) -> bool {
    if let TokenKind::Word(word) = kind {
        return SCHEDULE.iter().any(|end| word.eq_ignore_ascii_case(end));
    }
    *kind == TokenKind::Symbol(Symbol::Semicolon)
}

const SCHEDULE: &[&str] = &[
    "STARTS", "ENDS", "ON", "ENABLE", "DISABLE", "COMMENT", "DO", "RENAME",
];

fn take_if(at: &mut Cursor<'_>, is_it: fn(&TokenKind<'_>) -> bool) -> bool {
    let taken = at.peek().is_some_and(is_it);
    if taken {
        at.skip(1);
    }
    taken
}

fn is_string(at: &mut Cursor<'_>) -> bool {
    take_if(at, |kind| matches!(kind, TokenKind::String { .. }))
}

fn is_name(at: &Cursor<'_>) -> bool {
    let mut at = *at;
    at.identifier().is_ok()
}

fn is_size(kind: &TokenKind<'_>) -> bool {
    // A number with a letter behind it is a name to the servers' own lexers.
    if let TokenKind::QuotedIdentifier(name) = kind {
        let digits = name.strip_suffix(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']);
        return digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
    }
    matches!(kind, TokenKind::Integer(_))
}

/// `name[@host]`, `'name'[@'host']`, `CURRENT_USER[()]`, `USER()`, `CURRENT_ROLE[()]`.
pub(super) fn user(at: &mut Cursor<'_>) -> bool {
    let call = |at: &Cursor<'_>| {
        at.peek_at(1) == Some(&TokenKind::Symbol(Symbol::LeftParenthesis))
            && at.peek_at(2) == Some(&TokenKind::Symbol(Symbol::RightParenthesis))
    };
    let is_current = at.is_word("CURRENT_USER") || at.is_word("CURRENT_ROLE");
    if (is_current || at.is_word("USER")) && call(at) {
        at.skip(3);
        return true;
    }
    if is_current {
        at.skip(1);
        return true;
    }
    if !is_string(at) && at.identifier().is_err() {
        return false;
    }
    let _ = take_if(at, |kind| matches!(kind, TokenKind::UserVariable(_)));
    true
}

/// `@@[scope.]name`.
fn take_system(at: &mut Cursor<'_>) -> bool {
    if at.peek() != Some(&TokenKind::SystemVariable) {
        return false;
    }
    at.skip(1);
    loop {
        if at.identifier().is_err() {
            return false;
        }
        if !at.take_symbol(Symbol::Dot) {
            return true;
        }
    }
}
