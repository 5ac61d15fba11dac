//! A text of several statements: all are decided before the first is sent, then each is a command
//! of its own, decided once more. What stands behind one that changes what names mean cannot be
//! read before that one ran, and is decided in its turn alone.
//!
//! The target never sees more than one statement in a text, so it cannot find another boundary
//! between them than the gateway did. The client gets one reply with all results, in order; the
//! first failure ends it, as at a server.

use std::sync::Arc;

use bytes::Bytes;
use mysql_proto::flags::StatusFlags;
use policy_core::lex::ReadLimits;
use policy_core::read;
use policy_core::unread::Unread;

use crate::attributes::Attributes;
use crate::config::World;
use crate::judge::Judgement;
use crate::judge::Refusal;
use crate::pending::Asked;
use crate::pending::Pending;
use crate::reply::Failure;
use crate::session::Session;

/// What becomes of a text of several statements.
#[derive(Debug)]
pub(crate) enum Several {
    /// It is one statement, or none that could be told from others.
    One,
    /// Every one of them may be sent, as far as it can be told.
    All(Vec<Bytes>),
    /// None is sent.
    Refuse(Box<Refusal>),
    /// Not before the catalog has been loaded (again).
    NeedsCatalog,
}

impl Session {
    /// Decides about every statement of a text, if there are several.
    pub(crate) fn decide_all(&mut self, pending: &Pending, world: World<'_>) -> Several {
        let (Asked::Query(text), Some(state), true) = (&pending.asked, &self.state, pending.alone)
        else {
            return Several::One;
        };
        if !state.context.multi_statements || !text.contains(&b';') {
            return Several::One;
        }
        // Too long a text is refused where single statements are.
        if text.len() > self.config.limits.statement_bytes_max {
            return Several::One;
        }
        let limits = ReadLimits {
            bytes_max: self.config.limits.statement_bytes_max,
            ..ReadLimits::default()
        };
        let parts = match read::parts(text, &state.context, &limits) {
            Ok(parts) if parts.len() > 1 => parts,
            Ok(_) | Err(_) => return Several::One,
        };
        let texts: Vec<Bytes> = parts.into_iter().map(|part| text.slice(part)).collect();
        for (index, part) in texts.iter().enumerate() {
            let mut one = Pending::new(pending.sequence, Asked::Query(part.clone()));
            one.alone = false;
            one.refreshed = pending.refreshed;
            match self.judge(&mut one, world) {
                Judgement::Allow(_) => {}
                Judgement::Refuse(refusal) => return Several::Refuse(refusal),
                Judgement::NeedsCatalog => return Several::NeedsCatalog,
                Judgement::Ask(need) => {
                    let text = format!(
                        "{} needs an approval, which is given to a statement that stands alone; \
                         send it by itself",
                        need.rule
                    );
                    let failure = Failure::new(1235, *b"42000", "POSTERN-APPROVAL", &text);
                    return Several::Refuse(Box::new(Refusal::of(failure)));
                }
            }
            if index + 1 == texts.len() {
                break;
            }
            let statement = one
                .understood
                .as_ref()
                .map(|understood| &understood.statement);
            if statement.is_none_or(|statement| read::changes_lexing(statement)) {
                let unread = Unread::Unsupported {
                    construct: "a statement that changes how the next one is read, before others"
                        .to_owned(),
                    hint: Some("send it by itself, or last"),
                };
                return Several::Refuse(Box::new(Refusal::unread(&unread)));
            }
            if statement.is_some_and(|statement| read::changes_reading(statement)) {
                break;
            }
        }
        Several::All(texts)
    }

    /// Sets the first of several statements on its way; the others wait.
    pub(crate) fn begin_several(&mut self, pending: Pending, texts: Vec<Bytes>, world: World<'_>) {
        // Shared, for a text may hold many statements.
        let attributes = Arc::new(pending.attributes);
        let all = texts.into_iter();
        self.waiting = all.map(|text| (text, Arc::clone(&attributes))).collect();
        self.next_of_several(pending.sequence, pending.refreshed, world);
    }

    /// After a statement that succeeded: the next of its text, or the next command.
    pub(crate) fn go_on(&mut self, world: World<'_>) {
        if self.waiting.is_empty() {
            self.ready(world);
            return self.read_client(world);
        }
        if self.is_over(world) {
            return self.over(world);
        }
        self.commands += 1;
        self.next_of_several(self.commands, false, world);
    }

    fn next_of_several(&mut self, sequence: u64, refreshed: bool, world: World<'_>) {
        let Some((text, attributes)) = self.waiting.pop_front() else {
            return;
        };
        let mut pending = Pending::new(sequence, Asked::Query(text));
        pending.attributes = Attributes::clone(&attributes);
        pending.alone = false;
        pending.refreshed = refreshed;
        self.since_us = world.now_us;
        self.consider(pending, world);
    }

    /// The flag of every result that is not the last.
    pub(crate) fn more_results(&self) -> StatusFlags {
        if self.waiting.is_empty() {
            StatusFlags::empty()
        } else {
            StatusFlags::MORE_RESULTS_EXISTS
        }
    }
}
