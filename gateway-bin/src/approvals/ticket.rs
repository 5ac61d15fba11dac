//! What a ticket is: who asked for what, who answered, and how far it may be used.

use std::fmt;

use jiff::Timestamp;
pub use policy_core::decision::Covers;
use policy_core::policy::people::Group;

/// The name of a ticket, `APR-` and ten letters of Crockford's base 32 (50 bits).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TicketId(String);

impl TicketId {
    /// Makes a name from randomness of the caller's; five bits of each byte are used.
    #[must_use]
    pub fn from_random(random: [u8; LETTERS]) -> Self {
        let letters = random.iter().filter_map(|byte| {
            let place = usize::from(byte & 31);
            ALPHABET.get(place).copied().map(char::from)
        });
        Self(PREFIX.chars().chain(letters).collect())
    }

    /// Reads a name as people type it: case does not count, and `O`, `I`, `L` are read as the
    /// digits that they resemble.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_uppercase();
        let letters: String = text
            .strip_prefix(PREFIX)?
            .chars()
            .map(|letter| match letter {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let known = letters.bytes().all(|letter| ALPHABET.contains(&letter));
        (known && letters.len() == LETTERS).then(|| Self(format!("{PREFIX}{letters}")))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A principal as a ticket keeps it. All three parts together are the identity.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller of `ask`")]
pub struct Requester {
    /// The configured name of the issuer.
    pub issuer: String,
    /// The subject of the token.
    pub subject: String,
    /// Who acts for the subject, the outermost first (RFC 8693, section 4.1).
    pub act: Vec<String>,
}

/// What is asked: everything an approver is shown, and the digest that binds it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "built by the caller of `ask`")]
pub struct Request {
    /// Who asks.
    pub requester: Requester,
    /// The role of the session.
    pub role: String,
    /// The rule that demands an approval.
    pub rule: String,
    /// The target of the session.
    pub target: String,
    /// The default database, empty when there is none.
    pub database: String,
    /// The statement as it is shown to approvers.
    pub statement: String,
    /// The bound parameters as they are shown, each with its type.
    pub parameters: Vec<String>,
    /// What is bound; compared again at each use.
    pub digest: [u8; 32],
    /// What the approval will stand for.
    pub covers: Covers,
    /// The groups whose members may answer.
    pub approvers: Vec<Group>,
    /// How many different approvers must agree.
    pub quorum: u32,
    /// How long an approval may be used, in seconds from its signing.
    pub valid_seconds: u32,
    /// How often it may be used; `None` is any number of times while it is valid.
    pub uses: Option<u32>,
}

impl Request {
    /// The groups that may answer, as the policy writes them.
    #[must_use]
    pub fn approver_names(&self) -> Vec<String> {
        self.approvers.iter().map(Group::to_string).collect()
    }
}

/// A person who answers tickets.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "built from the configuration")]
pub struct Approver {
    /// The name under which the person's key is configured.
    pub name: String,
    /// The configured name of the issuer of the person's identity.
    pub issuer: String,
    /// The person's subject at that issuer.
    pub subject: String,
    /// The groups the person belongs to.
    pub groups: Vec<String>,
}

/// How an approver answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever acts on it must know every case"
)]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No; also takes back an approval that was not used yet.
    Deny,
}

/// One answer, as it was stored.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The number of the answer in the store.
    pub number: i64,
    /// The configured name of the approver.
    pub approver: String,
    /// The issuer of the approver's identity.
    pub issuer: String,
    /// The approver's subject.
    pub subject: String,
    /// Yes or no.
    pub verdict: Verdict,
    /// What the approver wrote with it; may be empty.
    pub reason: String,
    /// When the answer was given.
    pub at: Timestamp,
    /// Until when an approval may be used; the time of the answer for a denial.
    pub until: Timestamp,
    /// The signed approval block; empty for a denial.
    pub block: Vec<u8>,
    /// Whether the answer is in the audit log.
    pub audited: bool,
}

/// What has become of a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever acts on it must know every case"
)]
pub enum Status {
    /// Waits for answers.
    Pending,
    /// Enough approvers agreed; may be used.
    Approve,
    /// An approver said no.
    Deny,
    /// Its time ran out.
    Expire,
    /// Its uses are used up.
    Exhaust,
}

impl Status {
    /// The word for it, in the store and for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approve => "approved",
            Self::Deny => "denied",
            Self::Expire => "expired",
            Self::Exhaust => "used up",
        }
    }
}

/// A ticket with all that happened to it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Ticket {
    /// Its name.
    pub id: TicketId,
    /// What was asked.
    pub request: Request,
    /// When it was asked.
    pub created: Timestamp,
    /// When it lapses if it is not answered.
    pub expires: Timestamp,
    /// The authority block that the gateway signed when it was asked.
    pub base: Vec<u8>,
    /// The last stored status; time may have passed since, see `lifecycle::status_at`.
    pub status: Status,
    /// Until when it may be used, once it is approved.
    pub valid_until: Option<Timestamp>,
    /// How often it was used.
    pub used: u32,
    /// The answers, the oldest first.
    pub answers: Vec<Answer>,
}

impl Ticket {
    /// The signed approvals that the ticket stands on, in the order in which they were given; none
    /// while it is not approved. One that had ended before the last one came does not count.
    pub fn blocks(&self) -> impl Iterator<Item = &[u8]> {
        let counts = |answer: &&Answer| {
            answer.verdict == Verdict::Approve
                && self.valid_until.is_some_and(|until| answer.until >= until)
        };
        self.answers
            .iter()
            .filter(counts)
            .map(|answer| answer.block.as_slice())
    }
}

/// How many letters follow the prefix.
pub const LETTERS: usize = 10;
const PREFIX: &str = "APR-";
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_the_alphabet() {
        let id = TicketId::from_random([0, 31, 32, 255, 1, 2, 3, 10, 18, 20]);
        assert_eq!(id.as_str(), "APR-0Z0Z123AJM");
        assert_eq!(TicketId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn reads_names_as_people_type_them() {
        let typed = TicketId::parse(" apr-oilz123ajm ");
        assert_eq!(typed.unwrap().as_str(), "APR-011Z123AJM");
    }

    #[test]
    fn refuses_what_is_no_name() {
        for text in [
            "",
            "APR-",
            "APR-0Z0Z123AJ",
            "APR-0Z0Z123AJMM",
            "APR-0Z0Z123AJU",
            "0Z0Z123AJM",
        ] {
            assert_eq!(TicketId::parse(text), None, "{text}");
        }
    }
}
