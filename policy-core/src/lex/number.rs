//! Numbers, the names that look like numbers, and literals in hexadecimal and binary.

use crate::lex::scan::Scanner;
use crate::lex::scan::is_name_byte;
use crate::lex::token::Symbol;
use crate::lex::token::TokenKind;
use crate::unread::Unread;

impl<'a> Scanner<'a, '_> {
    /// `12`, `1.5`, `1e3`, `0x1f`, `0b01`, or a name such as `1a`, `1e`, `0xzz`, `0b2`.
    pub(super) fn number_or_name(&mut self) -> Result<(), Unread> {
        // Only the small letters begin a literal: `0X1f` is a name.
        match (self.peek(0), self.peek(1)) {
            (b'0', b'x') => return self.prefixed(u8::is_ascii_hexdigit, TokenKind::Hex),
            (b'0', b'b') => return self.prefixed(|b| matches!(b, b'0' | b'1'), TokenKind::Bit),
            _ => {}
        }
        let digits = self.count(0, u8::is_ascii_digit);
        match self.peek(digits) {
            // MariaDB: `0..9` is a range.
            b'.' if self.peek(digits + 1) == b'.' && !self.is_mysql() => {
                self.push_number(digits, TokenKind::Integer)
            }
            b'.' => self.fraction(digits + 1),
            b'e' | b'E' => match self.exponent(digits) {
                Some(length) => self.push_number(length, TokenKind::Decimal),
                None => self.name_from_here(),
            },
            byte if is_name_byte(byte) => self.name_from_here(),
            _ => self.push_number(digits, TokenKind::Integer),
        }
    }

    /// `.`, or a number that begins with it.
    pub(super) fn dot_or_number(&mut self) -> Result<(), Unread> {
        if self.peek(1).is_ascii_digit() && !self.dot_follows {
            return self.fraction(1);
        }
        if self.peek(1) == b'.' && !self.is_mysql() {
            self.push(TokenKind::Symbol(Symbol::Dot), self.at + 1)?;
            return self.push(TokenKind::Symbol(Symbol::Dot), self.at + 1);
        }
        let name_follows = is_name_byte(self.peek(1));
        self.push(TokenKind::Symbol(Symbol::Dot), self.at + 1)?;
        self.name_follows = name_follows;
        Ok(())
    }

    /// `x'1f'`.
    pub(super) fn quoted_hex(&mut self) -> Result<(), Unread> {
        let digits = self.count(2, u8::is_ascii_hexdigit);
        if self.peek(2 + digits) != b'\'' || digits % 2 == 1 {
            return Self::error(
                self.at,
                "a hexadecimal literal that is not closed or not even",
            );
        }
        let digits_text = self.ascii(self.at + 2, self.at + 2 + digits)?;
        self.push(TokenKind::Hex(digits_text), self.at + 3 + digits)
    }

    /// `b'01'`.
    pub(super) fn quoted_bit(&mut self) -> Result<(), Unread> {
        let digits = self.count(2, |b| matches!(b, b'0' | b'1'));
        if self.peek(2 + digits) != b'\'' {
            return Self::error(self.at, "a bit literal that is not closed");
        }
        let digits_text = self.ascii(self.at + 2, self.at + 2 + digits)?;
        self.push(TokenKind::Bit(digits_text), self.at + 3 + digits)
    }

    fn prefixed(
        &mut self,
        is_digit: fn(&u8) -> bool,
        kind: fn(&'a str) -> TokenKind<'a>,
    ) -> Result<(), Unread> {
        let digits = self.count(2, is_digit);
        if digits == 0 || is_name_byte(self.peek(2 + digits)) {
            return self.name_from_here();
        }
        let text = self.ascii(self.at + 2, self.at + 2 + digits)?;
        self.push(kind(text), self.at + 2 + digits)
    }

    /// The rest of a number behind its point, which stands right before `from`.
    fn fraction(&mut self, from: usize) -> Result<(), Unread> {
        let length = from + self.count(from, u8::is_ascii_digit);
        if !matches!(self.peek(length), b'e' | b'E') {
            return self.push_number(length, TokenKind::Decimal);
        }
        match self.exponent(length) {
            Some(length) => self.push_number(length, TokenKind::Decimal),
            None => Self::error(self.at, "an exponent without digits"),
        }
    }

    /// The length with an exponent whose `e` stands at `at`, if digits follow it.
    fn exponent(&self, at: usize) -> Option<usize> {
        let sign = usize::from(matches!(self.peek(at + 1), b'+' | b'-'));
        let digits = self.count(at + 1 + sign, u8::is_ascii_digit);
        (digits > 0).then_some(at + 1 + sign + digits)
    }

    fn count(&self, from: usize, is: fn(&u8) -> bool) -> usize {
        self.slice(self.at + from, self.text.len())
            .iter()
            .take_while(|b| is(b))
            .count()
    }

    fn push_number(
        &mut self,
        length: usize,
        kind: fn(&'a str) -> TokenKind<'a>,
    ) -> Result<(), Unread> {
        let text = self.ascii(self.at, self.at + length)?;
        self.push(kind(text), self.at + length)
    }

    fn ascii(&self, from: usize, to: usize) -> Result<&'a str, Unread> {
        match self.str(from, to) {
            Some(text) => Ok(text),
            None => Self::error(from, "a number with bytes outside of ASCII"),
        }
    }
}
