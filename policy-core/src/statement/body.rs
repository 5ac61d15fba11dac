//! Where the body of a stored program ends: its blocks are matched as the servers match them, and
//! nothing else of it is read.

use crate::lex::token::Symbol;
use crate::lex::token::Token;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

/// How many tokens the statement takes that begins the tokens: one that is no block ends before
/// the next semicolon, a block with its END.
///
/// # Errors
///
/// For blocks that are not closed, or by another END.
pub(super) fn length(tokens: &[Token<'_>]) -> Result<usize, Unread> {
    let mut walk = Walk {
        tokens,
        at: 0,
        open: Vec::new(),
    };
    loop {
        let is_over = walk.statement()?;
        if !is_over {
            continue;
        }
        if walk.open.is_empty() {
            return Ok(walk.at);
        }
        if !walk.is_symbol(Symbol::Semicolon) {
            return walk.error("expected `;` in the body");
        }
        walk.at += 1;
    }
}

struct Walk<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    open: Vec<Block>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Block {
    Begin,
    If,
    Case,
    Loop,
    Repeat,
    While,
    For,
}

impl Block {
    /// What stands after its END.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Begin => None,
            Self::If => Some("IF"),
            Self::Case => Some("CASE"),
            Self::Loop => Some("LOOP"),
            Self::Repeat => Some("REPEAT"),
            Self::While => Some("WHILE"),
            Self::For => Some("FOR"),
        }
    }
}

impl Walk<'_, '_> {
    /// One step: opens a block (then a statement comes next), closes one, or moves past a plain
    /// statement. Says whether a statement is over.
    fn statement(&mut self) -> Result<bool, Unread> {
        self.label();
        if self.take("BEGIN") {
            if self.take("NOT") && !self.take("ATOMIC") {
                return self.error("expected ATOMIC");
            }
            return self.opens(Block::Begin);
        }
        if self.take("IF") {
            self.past("THEN")?;
            return self.opens(Block::If);
        }
        if self.take("CASE") {
            self.past("THEN")?;
            return self.opens(Block::Case);
        }
        if self.take("LOOP") {
            return self.opens(Block::Loop);
        }
        if self.take("REPEAT") {
            return self.opens(Block::Repeat);
        }
        if self.take("WHILE") {
            self.past("DO")?;
            return self.opens(Block::While);
        }
        if self.take("FOR") {
            self.past("DO")?;
            return self.opens(Block::For);
        }
        if self.is("DECLARE", 0) && self.is("HANDLER", 2) {
            return self.handler();
        }
        self.branch_or_plain()
    }

    fn opens(&mut self, block: Block) -> Result<bool, Unread> {
        self.open.push(block);
        Ok(false)
    }

    fn branch_or_plain(&mut self) -> Result<bool, Unread> {
        match self.open.last().copied() {
            Some(Block::If) if self.take("ELSEIF") => self.past("THEN").map(|()| false),
            Some(Block::If | Block::Case) if self.take("ELSE") => Ok(false),
            Some(Block::Case) if self.take("WHEN") => self.past("THEN").map(|()| false),
            Some(Block::Repeat) if self.take("UNTIL") => {
                self.past("END")?;
                self.close(Block::Repeat)
            }
            Some(Block::Repeat) if self.is("END", 0) => self.error("expected UNTIL"),
            Some(block) if self.take("END") => self.close(block),
            Some(_) | None => self.plain(),
        }
    }

    /// `END [word] [label]`, of which END is taken.
    fn close(&mut self, block: Block) -> Result<bool, Unread> {
        if let Some(word) = block.word()
            && !self.take(word)
        {
            return self.error(format!("expected END {word}"));
        }
        self.open.pop();
        // A label: the last name before the semicolon or the end.
        let is_label = match self.kind(0) {
            Some(TokenKind::QuotedIdentifier(_)) => true,
            Some(TokenKind::Word(word)) => !BLOCKS.iter().any(|b| word.eq_ignore_ascii_case(b)),
            _ => false,
        };
        if is_label {
            self.at += 1;
        }
        Ok(true)
    }

    /// `DECLARE … HANDLER FOR conditions`: a statement follows.
    fn handler(&mut self) -> Result<bool, Unread> {
        self.at += 3;
        if !self.take("FOR") {
            return self.error("expected FOR");
        }
        loop {
            if self.take("SQLSTATE") {
                let _ = self.take("VALUE");
            } else if self.take("NOT") && !self.is("FOUND", 0) {
                return self.error("expected FOUND");
            }
            self.at += 1;
            if !self.is_symbol(Symbol::Comma) {
                return Ok(false);
            }
            self.at += 1;
        }
    }

    /// A statement without blocks, up to its semicolon.
    fn plain(&mut self) -> Result<bool, Unread> {
        let begins = matches!(
            self.kind(0),
            Some(TokenKind::Word(_) | TokenKind::Symbol(Symbol::LeftParenthesis))
        );
        if !begins {
            return self.error("expected a statement");
        }
        while self.kind(0).is_some() && !self.is_symbol(Symbol::Semicolon) {
            self.at += 1;
        }
        Ok(true)
    }

    /// Moves past an expression and the word behind it.
    fn past(&mut self, word: &str) -> Result<(), Unread> {
        let mut parentheses = 0_usize;
        let mut cases = 0_usize;
        while self.kind(0).is_some() && !self.is_symbol(Symbol::Semicolon) {
            let is_outside = parentheses == 0;
            if self.is_symbol(Symbol::LeftParenthesis) {
                parentheses += 1;
            } else if self.is_symbol(Symbol::RightParenthesis) {
                parentheses = parentheses.saturating_sub(1);
            } else if self.is_symbol(Symbol::Dot) {
                // What follows is a name, whatever it looks like.
                self.at += 1;
            } else if is_outside && self.is("CASE", 0) {
                cases += 1;
            } else if is_outside && cases > 0 && self.is("END", 0) {
                cases -= 1;
            } else if is_outside && cases == 0 && self.is(word, 0) {
                self.at += 1;
                return Ok(());
            }
            self.at += 1;
        }
        self.error(format!("expected {word} in the body"))
    }

    /// `name :`.
    fn label(&mut self) {
        let is_name = matches!(
            self.kind(0),
            Some(TokenKind::Word(_) | TokenKind::QuotedIdentifier(_))
        );
        if is_name && self.kind(1) == Some(&TokenKind::Symbol(Symbol::Colon)) {
            self.at += 2;
        }
    }

    fn kind(&self, ahead: usize) -> Option<&TokenKind<'_>> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    fn is(&self, word: &str, ahead: usize) -> bool {
        matches!(self.kind(ahead), Some(TokenKind::Word(w)) if w.eq_ignore_ascii_case(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let taken = self.is(word, 0);
        if taken {
            self.at += 1;
        }
        taken
    }

    fn is_symbol(&self, symbol: Symbol) -> bool {
        self.kind(0) == Some(&TokenKind::Symbol(symbol))
    }

    fn error<T>(&self, what: impl Into<String>) -> Result<T, Unread> {
        let token = self.tokens.get(self.at).or_else(|| self.tokens.last());
        Err(Unread::Syntax {
            at: token.map_or(0, |token| token.span.start),
            what: what.into(),
        })
    }
}

/// Words that close a block, and are no labels.
const BLOCKS: &[&str] = &["IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR"];
