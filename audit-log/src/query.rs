//! Query: pick lines of a log by session, subject, event, rule and time.

use std::collections::HashMap;

use crate::reader::Entry;
use crate::record::Event;
use crate::record::Record;

/// What to pick; every part that is given must fit.
#[non_exhaustive]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query {
    /// Only this session.
    pub session: Option<String>,
    /// Only sessions of this subject. A session has one from its login on.
    pub subject: Option<String>,
    /// Only events of this name, such as `refusal`.
    pub event: Option<String>,
    /// Only what this rule allowed, refused or wanted approved.
    pub rule: Option<String>,
    /// Only from this time on, in microseconds since the Unix epoch.
    pub since_us: Option<u64>,
    /// Only before this time.
    pub until_us: Option<u64>,
}

impl Query {
    /// A matcher that has seen no line yet.
    #[must_use]
    pub fn matcher(self) -> Matcher {
        Matcher {
            query: self,
            subjects: HashMap::new(),
        }
    }
}

/// Says of each line of a log, in order, whether it is picked.
///
/// It must see every line, also those it will not pick, because a line of a statement does not
/// say whose session it is. It remembers the sessions that are open, and nothing more.
#[derive(Debug)]
pub struct Matcher {
    query: Query,
    subjects: HashMap<String, String>,
}

impl Matcher {
    /// Whether this line is picked. A line of a newer version is picked only where what is
    /// asked can be read from the part that all versions share.
    pub fn matches(&mut self, entry: &Entry) -> bool {
        let of_subject = self.is_of_subject(entry);
        let Query {
            session,
            subject: _,
            event,
            rule,
            since_us,
            until_us,
        } = &self.query;
        let record = entry.record.as_ref();
        of_subject
            && session
                .as_ref()
                .is_none_or(|session| *session == entry.session)
            && since_us.is_none_or(|since_us| entry.time_us >= since_us)
            && until_us.is_none_or(|until_us| entry.time_us < until_us)
            && event
                .as_ref()
                .is_none_or(|name| record.is_some_and(|record| record.event.name() == name))
            && rule
                .as_ref()
                .is_none_or(|rule| record.is_some_and(|record| names_rule(record, rule)))
    }

    fn is_of_subject(&mut self, entry: &Entry) -> bool {
        let Some(wanted) = &self.query.subject else {
            return true;
        };
        let event = entry.record.as_ref().map(|record| &record.event);
        if let Some(Event::Login(login)) = event {
            self.subjects
                .insert(entry.session.clone(), login.subject.clone());
        }
        if let Some(Event::LoginRefused(refused)) = event {
            return refused.subject.as_ref() == Some(wanted);
        }
        let is_of = self.subjects.get(&entry.session) == Some(wanted);
        if let Some(Event::ConnectionClosed(_) | Event::LoginEnded(_)) = event {
            self.subjects.remove(&entry.session);
        }
        is_of
    }
}

fn names_rule(record: &Record, wanted: &str) -> bool {
    match &record.event {
        Event::Refusal(refusal) => refusal.rule.iter().any(|rule| rule.name == wanted),
        Event::Intent(intent) => intent.rules.iter().any(|rule| rule.name == wanted),
        Event::ApprovalRequested(request) => request.rule.name == wanted,
        Event::Start(_)
        | Event::Stop(_)
        | Event::PolicyLoaded(_)
        | Event::ConnectionOpened(_)
        | Event::ConnectionClosed(_)
        | Event::Login(_)
        | Event::LoginRefused(_)
        | Event::LoginEnded(_)
        | Event::Outcome(_)
        | Event::ApprovalAnswered(_)
        | Event::ApprovalUsed(_)
        | Event::SessionState(_)
        | Event::SecurityEvent(_)
        | Event::Recovery(_) => false,
    }
}
