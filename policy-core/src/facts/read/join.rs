//! Joins, in the order in which the servers' grammar puts them together.

use super::reader::Reader;
use crate::facts::tree::Expression;
use crate::facts::tree::JoinKind;
use crate::facts::tree::Source;
use crate::lex::token::Symbol;
use crate::unread::Unread;

/// Tables that were joined, and how many joins without parentheses lie on the way to the first.
struct Operand {
    source: Source,
    spine: usize,
}

impl Reader<'_> {
    /// A table and what is joined to it.
    pub(super) fn joined(&mut self) -> Result<Source, Unread> {
        let first = self.factor()?;
        self.joined_from(first)
    }

    /// What is joined to tables that were read.
    ///
    /// A join waits for its condition: `a JOIN b JOIN c ON x ON y` is `a JOIN (b JOIN c ON x) ON y`.
    /// One that gets none goes to the very left: in `a JOIN b JOIN c ON x` the condition sees all
    /// three.
    pub(super) fn joined_from(&mut self, first: Source) -> Result<Source, Unread> {
        let mut waiting: Vec<(Operand, JoinKind)> = Vec::new();
        let mut count = 1;
        let mut current = Operand {
            source: first,
            spine: 0,
        };
        loop {
            if let Some((kind, natural)) = self.join_words()? {
                count += 1;
                bound(count)?;
                let right = Operand {
                    source: self.factor()?,
                    spine: 0,
                };
                if natural {
                    current = join(current, right.source, (kind, None, Vec::new(), true));
                } else {
                    waiting.push((std::mem::replace(&mut current, right), kind));
                }
            } else if self.is_condition() && !waiting.is_empty() {
                let (on, using) = self.condition()?;
                if let Some((left, kind)) = waiting.pop() {
                    current = join(left, current.source, (kind, on, using, false));
                }
            } else {
                break;
            }
        }
        while let Some((left, kind)) = waiting.pop() {
            if kind != JoinKind::Inner {
                return self.syntax();
            }
            current = at_the_left(left, current);
        }
        Ok(current.source)
    }

    /// The words of a join; whether it is NATURAL.
    fn join_words(&mut self) -> Result<Option<(JoinKind, bool)>, Unread> {
        if self.take_one_of(&["JOIN", "STRAIGHT_JOIN"]) {
            return Ok(Some((JoinKind::Inner, false)));
        }
        if self.take("CROSS") {
            self.expect("JOIN")?;
            return Ok(Some((JoinKind::Inner, false)));
        }
        if self.take("INNER") {
            self.expect_one_of(&["JOIN", "STRAIGHT_JOIN"])?;
            return Ok(Some((JoinKind::Inner, false)));
        }
        let natural = self.take("NATURAL");
        let kind = if self.take("LEFT") {
            JoinKind::Left
        } else if self.take("RIGHT") {
            JoinKind::Right
        } else if natural {
            if !self.take("STRAIGHT_JOIN") {
                let _ = self.take("INNER");
                self.expect("JOIN")?;
            }
            return Ok(Some((JoinKind::Inner, true)));
        } else {
            return Ok(None);
        };
        let _ = self.take("OUTER");
        self.expect("JOIN")?;
        Ok(Some((kind, natural)))
    }

    /// ON or USING, but not the ON of an INSERT's ON DUPLICATE KEY UPDATE.
    fn is_condition(&self) -> bool {
        let on_duplicate = self.is_word_at(1, "DUPLICATE") && self.is_word_at(2, "KEY");
        self.is_word("USING") || (self.is_word("ON") && !on_duplicate)
    }

    fn condition(&mut self) -> Result<(Option<Box<Expression>>, Vec<String>), Unread> {
        if self.take("ON") {
            return Ok((Some(Box::new(self.any_expression()?)), Vec::new()));
        }
        self.expect("USING")?;
        if !self.is_symbol(Symbol::LeftParenthesis) {
            return self.syntax();
        }
        Ok((None, self.names()?))
    }
}

/// Both servers join at most 61 tables.
pub(super) fn bound(tables: usize) -> Result<(), Unread> {
    if tables > TABLES_MAX {
        return Err(Unread::Limit {
            what: "tables in a FROM",
            limit: TABLES_MAX,
        });
    }
    Ok(())
}

const TABLES_MAX: usize = 64;

type How = (JoinKind, Option<Box<Expression>>, Vec<String>, bool);

fn join(left: Operand, right: Source, (kind, on, using, natural): How) -> Operand {
    Operand {
        source: Source::Join {
            left: Box::new(left.source),
            right: Box::new(right),
            kind,
            on,
            using,
            natural,
        },
        spine: left.spine + 1,
    }
}

/// A join without a condition.
pub(super) fn plain(left: Source, right: Source) -> Source {
    Source::Join {
        left: Box::new(left),
        right: Box::new(right),
        kind: JoinKind::Inner,
        on: None,
        using: Vec::new(),
        natural: false,
    }
}

/// Joins `left` to the first table of `tree`, and leaves the joins of `tree` around both.
fn at_the_left(left: Operand, tree: Operand) -> Operand {
    let mut tree = tree;
    let mut place = &mut tree.source;
    for _ in 0..tree.spine {
        if let Source::Join { left, .. } = place {
            place = left.as_mut();
        } else {
            break;
        }
    }
    let empty = Source::Table {
        name: Vec::new(),
        alias: None,
        partitions: false,
        period: Vec::new(),
    };
    let first = std::mem::replace(place, empty);
    *place = plain(left.source, first);
    Operand {
        spine: left.spine + 1 + tree.spine,
        ..tree
    }
}
