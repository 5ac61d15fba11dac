//! What a grant says: the same words in the block that asks and in the block that approves.

use std::collections::HashMap;

use biscuit_auth::builder::Fact;
use biscuit_auth::builder::Term;

use crate::approval::Binding;
use crate::decision::Covers;
use crate::grant::error::GrantError;

/// Everything that an approver is shown and signs.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Claim {
    /// The ticket.
    pub id: String,
    /// [`Principal::binding`](crate::principal::Principal::binding) of who asks.
    pub principal: String,
    /// The target.
    pub target: String,
    /// The default schema; empty for none.
    pub schema: String,
    /// The rule that asks.
    pub rule: String,
    /// What is covered.
    pub covers: Covers,
    /// [`Binding::digest`].
    pub digest: [u8; 32],
    /// The second (Unix time) from which on it no longer holds.
    pub until: u64,
}

impl Claim {
    /// The claim for that binding.
    #[must_use]
    pub fn new(id: &str, binding: &Binding, until: u64) -> Self {
        let rule = binding.rule();
        let schema = match binding {
            Binding::Statement(statement) => statement.default_schema.clone(),
            Binding::Rule(_) => None,
        };
        Self {
            id: id.to_owned(),
            principal: rule.principal.clone(),
            target: rule.target.clone(),
            schema: schema.unwrap_or_default(),
            rule: rule.rule.clone(),
            covers: binding.covers(),
            digest: binding.digest(),
            until,
        }
    }

    /// What differs between two claims, their times apart.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let Self {
            id,
            principal,
            target,
            schema,
            rule,
            covers,
            digest,
            until: _,
        } = self;
        [
            ("ticket", *id != other.id),
            ("principal", *principal != other.principal),
            ("target", *target != other.target),
            ("default schema", *schema != other.schema),
            ("rule", *rule != other.rule),
            ("extent", *covers != other.covers),
            ("statement, parameter or session", *digest != other.digest),
        ]
        .into_iter()
        .find_map(|(what, differs)| differs.then_some(what))
    }

    /// As parameters of Datalog text.
    pub(super) fn parameters(&self) -> HashMap<String, Term> {
        let mut parameters: HashMap<String, Term> = HashMap::new();
        for (name, text) in [
            ("id", &self.id),
            ("principal", &self.principal),
            ("target", &self.target),
            ("schema", &self.schema),
            ("rule", &self.rule),
        ] {
            parameters.insert(name.to_owned(), Term::Str(text.clone()));
        }
        let covers = Term::Str(covers_word(self.covers).to_owned());
        parameters.insert("covers".to_owned(), covers);
        parameters.insert("digest".to_owned(), Term::Bytes(self.digest.to_vec()));
        parameters.insert("until".to_owned(), Term::Date(self.until));
        parameters
    }

    /// Reads the terms of a fact that [`TERMS`] made.
    pub(super) fn read(fact: &Fact) -> Result<Self, GrantError> {
        const FORM: GrantError = GrantError::Form {
            what: "it does not say what it grants",
        };
        let [
            Term::Str(id),
            Term::Str(principal),
            Term::Str(target),
            Term::Str(schema),
            Term::Str(rule),
            Term::Str(covers),
            Term::Bytes(digest),
            Term::Date(until),
        ] = fact.predicate.terms.as_slice()
        else {
            return Err(FORM);
        };
        let covers = [Covers::Statement, Covers::Rule]
            .into_iter()
            .find(|known| covers_word(*known) == covers)
            .ok_or(FORM)?;
        Ok(Self {
            id: id.clone(),
            principal: principal.clone(),
            target: target.clone(),
            schema: schema.clone(),
            rule: rule.clone(),
            covers,
            digest: digest.as_slice().try_into().map_err(|_| FORM)?,
            until: *until,
        })
    }
}

/// The terms of both facts, in order.
pub(super) const TERMS: &str =
    "{id}, {principal}, {target}, {schema}, {rule}, {covers}, {digest}, {until}";

fn covers_word(covers: Covers) -> &'static str {
    match covers {
        Covers::Statement => "statement",
        Covers::Rule => "rule",
    }
}
