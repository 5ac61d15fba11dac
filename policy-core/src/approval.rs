//! What an approval is bound to, and an approval that was verified.

mod encoding;

use sha2::Digest;
use sha2::Sha256;

use crate::approval::encoding::Writer;
use crate::catalog::Catalog;
use crate::catalog::Table;
use crate::catalog::TableKind;
use crate::decision::Covers;
use crate::name::TableId;
use crate::session::SessionContext;
use crate::statement::Statement;
use crate::statement::kind::Class;

/// Everything that one approval stands for: compared again at every use.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each thing that is bound must be shown and compared"
)]
pub enum Binding {
    /// This very statement.
    Statement(Box<StatementBinding>),
    /// Every statement under a rule.
    Rule(RuleBinding),
}

/// One statement with all that its meaning hangs on.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct StatementBinding {
    /// Who, in which role, where, under which rule.
    pub rule: RuleBinding,
    /// The exact bytes of the text, comments too.
    pub text: Vec<u8>,
    /// The bound parameters in order; empty for a statement without.
    pub parameters: Vec<Parameter>,
    /// The default schema.
    pub default_schema: Option<String>,
    /// The SQL mode's bits.
    pub sql_mode: u64,
    /// Character sets of client, connection and results.
    pub charsets: [String; 3],
    /// Each object that is touched, with the digest of its shape; none for what is not there.
    pub objects: Vec<(String, Option<[u8; 32]>)>,
}

/// Who may do something under a rule, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct RuleBinding {
    /// The rule that asks.
    pub rule: String,
    /// The role of the session.
    pub role: String,
    /// The target.
    pub target: String,
    /// [`Principal::binding`](crate::principal::Principal::binding).
    pub principal: String,
}

/// One bound parameter, as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Parameter {
    /// The protocol's type byte and flag byte.
    pub kind: [u8; 2],
    /// Its value.
    pub value: ParameterValue,
}

/// The value of a bound parameter.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be bound")]
pub enum ParameterValue {
    /// NULL.
    Null,
    /// All of its bytes.
    Bytes(Vec<u8>),
    /// Too long to be kept: what no other value has.
    Long {
        /// How many bytes it has.
        bytes: u64,
        /// SHA-256 of all of them.
        sha256: [u8; 32],
    },
}

impl Binding {
    /// What a grant would cover.
    #[must_use]
    pub fn covers(&self) -> Covers {
        match self {
            Self::Statement(_) => Covers::Statement,
            Self::Rule(_) => Covers::Rule,
        }
    }

    /// The rule, role, target and principal.
    #[must_use]
    pub fn rule(&self) -> &RuleBinding {
        match self {
            Self::Statement(statement) => &statement.rule,
            Self::Rule(rule) => rule,
        }
    }

    /// SHA-256 of [`encode`](Self::encode).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// Every part, each preceded by its length, under a name of its own for each form.
    ///
    /// Kept with a ticket, it lets an approver's tool show exactly what the digest stands for, and
    /// compute the digest itself instead of taking anyone's word for it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encoding::encode(self)
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        encoding::decode(bytes)
    }
}

impl StatementBinding {
    /// The objects that a statement touches, with the digests of their shapes in that catalog.
    #[must_use]
    pub fn objects_of(statement: &Statement, catalog: &Catalog) -> Vec<(String, Option<[u8; 32]>)> {
        let accesses = statement.accesses.iter();
        let ids = accesses.flat_map(|access| [Some(&access.object), access.via.as_ref()]);
        let mut ids: Vec<&TableId> = ids.flatten().collect();
        ids.sort();
        ids.dedup();
        let shape = |id: &TableId| catalog.tables.get(id).map(|table| table_digest(table));
        ids.into_iter()
            .map(|id| (id.to_string(), shape(id)))
            .collect()
    }

    /// The parts of a session that change what a text means, in the order of the fields.
    #[must_use]
    pub fn session_of(session: &SessionContext) -> (Option<String>, u64, [String; 3]) {
        let charsets = [
            session.client_charset.name(),
            session.connection_charset.name(),
            session.results_charset.name(),
        ];
        (
            session.default_schema.as_deref().map(str::to_owned),
            session.sql_mode.bits(),
            charsets.map(str::to_owned),
        )
    }
}

/// Why a statement cannot be approved by itself, if so: its meaning hangs on what no approver sees.
#[must_use]
pub fn never_alone(statement: &Statement, alone: bool) -> Option<&'static str> {
    if !alone {
        return Some("it stands in a text with other statements");
    }
    if statement.reads_user_variables {
        return Some("it reads user variables");
    }
    if statement.uses_temporary {
        return Some("it uses temporary tables");
    }
    if !statement.routines.is_empty() || statement.kind.class() == Class::Routine {
        return Some("it calls routines");
    }
    None
}

/// An approval whose signatures, people, time and binding were checked.
///
/// Only [`verify`](crate::grant::verify::verify) makes one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Approval {
    pub(crate) grant: String,
    pub(crate) rule: String,
    pub(crate) covers: Covers,
    pub(crate) digest: [u8; 32],
    pub(crate) until: u64,
    pub(crate) approvers: Vec<String>,
}

impl Approval {
    /// The grant's id: the ticket.
    #[must_use]
    pub fn grant(&self) -> &str {
        &self.grant
    }

    /// The rule under which it was asked for.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What it covers.
    #[must_use]
    pub fn covers(&self) -> Covers {
        self.covers
    }

    /// The digest that it is bound to.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The last second at which it may be used is the one before this one (Unix time).
    #[must_use]
    pub fn until(&self) -> u64 {
        self.until
    }

    /// The names of those who approved, each once.
    #[must_use]
    pub fn approvers(&self) -> &[String] {
        &self.approvers
    }

    /// Whether it answers a rule that asks in that way.
    #[must_use]
    pub fn answers(&self, rule: &str, covers: Covers) -> bool {
        self.rule == rule && self.covers == covers
    }
}

/// A table's shape: what changes when it is another table, or its view is another query.
fn table_digest(table: &Table) -> [u8; 32] {
    let mut parts = Writer::new("postern shape of a table, version 1");
    match &table.kind {
        TableKind::Plain => parts.part(b"plain"),
        TableKind::OtherEngine(engine) => {
            parts.part(b"engine");
            parts.part(engine.as_bytes());
        }
        TableKind::View { definition } => {
            parts.part(b"view");
            parts.option(definition.as_deref().map(str::as_bytes));
        }
    }
    parts.count(table.columns.len());
    for column in &table.columns {
        parts.part(column.name.as_str().as_bytes());
        parts.part(column.data_type.as_bytes());
        parts.option(column.charset.as_deref().map(str::as_bytes));
        parts.option(column.generated.as_deref().map(str::as_bytes));
        parts.option(column.default.as_deref().map(str::as_bytes));
        parts.part(&[u8::from(column.invisible), u8::from(column.on_update)]);
    }
    parts.part(&[u8::from(table.has_triggers)]);
    parts.count(table.foreign_keys.len());
    for key in &table.foreign_keys {
        parts.part(key.parent.to_string().as_bytes());
        parts.part(&[u8::from(key.cascades)]);
    }
    Sha256::digest(parts.finish()).into()
}
