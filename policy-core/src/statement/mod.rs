//! What a statement means: the facts that a decision is made from.

mod account;
mod alter;
mod alter_partition;
mod body;
mod call;
mod column_option;
mod create;
pub(crate) mod cursor;
mod data_type;
mod database;
mod definition;
mod diagnostics;
mod draft;
mod drop;
mod explain;
pub(crate) mod family;
mod formula;
mod formula_functions;
mod grammar;
mod grammar_names;
pub(crate) mod head;
mod head_objects;
mod index;
mod key;
pub mod kind;
pub(crate) mod lexical;
mod load;
mod lock;
mod maintenance;
mod partition;
mod prepared;
pub(crate) mod program;
mod program_grammar;
mod rename;
mod replication;
mod sequence;
mod server;
mod set;
mod set_name;
mod set_statement;
mod show;
mod show_kind;
mod show_server;
mod show_where;
mod sql_mode;
mod table_option;
pub(crate) mod temporary;
mod transaction;
mod use_schema;
mod view;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::session::PreparedText;
use crate::statement::kind::StatementKind;

/// One statement, understood.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "facts are plain data, built here and in tests"
)]
pub struct Statement {
    /// What it does, in the manual's words.
    pub kind: StatementKind,
    /// Where it stands in the text.
    pub span: Range<usize>,
    /// The statements that carry this one: PREPARE and EXECUTE IMMEDIATE of a literal, EXECUTE,
    /// SET STATEMENT … FOR. What denies one of them denies this.
    pub through: Vec<StatementKind>,
    /// What it does besides that rules about tables do not answer for.
    pub withheld: Vec<Withheld>,
    /// Every table that it touches, also through views.
    pub accesses: Vec<Access>,
    /// Every built-in function that it calls, lower case.
    pub functions: BTreeSet<String>,
    /// Every stored routine that it calls.
    pub routines: BTreeSet<TableId>,
    /// What it sends back.
    pub output: Output,
    /// Columns that steer the result without being in it.
    pub influences: Vec<Influence>,
    /// What flows into which written column, table or variable.
    pub flows: Vec<Flow>,
    /// What it changes in the session.
    pub effects: Vec<Effect>,
    /// Whether an UPDATE or DELETE says which rows.
    pub filter: Filter,
    /// The number of `?` parameters.
    pub parameters: u16,
    /// Spans of all literals in the text: what an audit record may have to digest.
    pub literals: Vec<Range<usize>>,
    /// Whether it reads `@user` variables.
    pub reads_user_variables: bool,
    /// Whether it reads or writes a temporary table of the session.
    pub uses_temporary: bool,
    /// System variables that it reads (`@@x`, SHOW VARIABLES LIKE 'x'), lower case.
    pub reads_variables: BTreeSet<String>,
    /// Whether it lists variables or counters of which some may not be read: SHOW VARIABLES without a pattern.
    pub lists_variables: bool,
    /// Output columns, by position, that no session may see: variables that programs ask for at
    /// login and that are always redacted.
    pub hidden_outputs: BTreeSet<usize>,
    /// The file of the client that the server asks for, by its name: LOAD DATA LOCAL.
    pub client_file: Option<Vec<u8>>,
}

impl Statement {
    /// A statement of that kind about which nothing else is known yet.
    #[must_use]
    pub fn new(kind: StatementKind, span: Range<usize>) -> Self {
        Self {
            kind,
            span,
            through: Vec::new(),
            withheld: Vec::new(),
            accesses: Vec::new(),
            functions: BTreeSet::new(),
            routines: BTreeSet::new(),
            output: Output::None,
            influences: Vec::new(),
            flows: Vec::new(),
            effects: Vec::new(),
            filter: Filter::NotApplicable,
            parameters: 0,
            literals: Vec::new(),
            reads_user_variables: false,
            uses_temporary: false,
            reads_variables: BTreeSet::new(),
            lists_variables: false,
            hidden_outputs: BTreeSet::new(),
            client_file: None,
        }
    }

    /// Notes something that no rule about tables answers for: the statement is understood, and
    /// refused in these words.
    pub(crate) fn withhold(&mut self, construct: impl Into<String>, hint: Option<&'static str>) {
        self.withhold_until(Lift::Never, construct, hint);
    }

    /// The same for something that there is a way to.
    pub(crate) fn withhold_until(
        &mut self,
        lift: Lift,
        construct: impl Into<String>,
        hint: Option<&'static str>,
    ) {
        self.withheld.push(Withheld {
            construct: construct.into(),
            hint,
            lift,
        });
    }
}

/// Something that a statement does, understood, and withheld: a plain rule does not let it pass.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "facts are plain data")]
pub struct Withheld {
    /// The construct in the manual's words.
    pub construct: String,
    /// What the agent can do instead.
    pub hint: Option<&'static str>,
    /// What lets it pass.
    pub lift: Lift,
}

/// What lets something pass that is withheld.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum Lift {
    /// Nothing.
    Never,
    /// A rule of the role that names the statement's kind, or the kind of one that carries it.
    Kind,
    /// Such a rule, in a policy that protects nothing and for a role that nothing is denied to: a
    /// text that nobody reads would walk past both.
    KindUnread,
    /// A rule of the role that names `show variables`, by which all are shown.
    ShowsVariables,
    /// That the policy protects nothing.
    Unprotected,
    /// That nothing protected stands beside it, and no rows are found in a table that holds something
    /// protected: how often it is done would tell.
    Apart,
}

/// A table that a statement touches, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "facts are plain data")]
pub struct Access {
    /// What is done to it.
    pub verb: Verb,
    /// The table, view or (with an empty table name) schema.
    pub object: TableId,
    /// Which columns are named or reached.
    pub columns: BTreeSet<ColumnName>,
    /// The view through which it is reached, if any.
    pub via: Option<TableId>,
    /// Whether the object is a temporary table of the session.
    pub temporary: bool,
}

/// What is done to a table.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a new verb must be decided everywhere"
)]
pub enum Verb {
    /// Rows are read.
    Read,
    /// Rows are added.
    Insert,
    /// Rows are changed.
    Update,
    /// Rows are removed.
    Delete,
    /// The object is made.
    Create,
    /// The object is changed.
    Alter,
    /// The object is removed.
    Drop,
    /// Names and types of it are shown, no rows.
    Describe,
    /// It is locked.
    Lock,
    /// It is called.
    Execute,
}

/// What a statement sends back.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "every shape must be handled by the relay"
)]
pub enum Output {
    /// No result set.
    None,
    /// A result set with exactly these columns.
    Columns(Vec<OutputColumn>),
    /// A result set that the server shapes (SHOW, DESCRIBE, EXPLAIN): names and numbers of its
    /// own, no user data. The kind decides whether it may pass.
    ServerShaped,
}

/// One column of a result set.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "facts are plain data")]
pub struct OutputColumn {
    /// Every base column that its value comes from.
    pub sources: BTreeSet<ColumnId>,
    /// The base column that it is, unchanged, if it is one.
    pub bare: Option<ColumnId>,
    /// The name that it bears in the result, where that is a plain one.
    pub name: Option<ColumnName>,
    /// What its column definition must look like.
    pub witness: Witness,
    /// Whether it is CONNECTION_ID(), which a gateway may have to say in its own numbers.
    pub connection: bool,
}

/// What the server's column definition is compared with (never taken as evidence *for* clear text).
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be checked")]
pub enum Witness {
    /// A bare column of a base table directly in the outermost FROM: the definition must name
    /// exactly one of these (several for USING and NATURAL).
    Exactly(Vec<ColumnId>),
    /// Anything else: it must not carry the triple of a protected column.
    NotProtected,
    /// A column of a derived table, CTE or view, where servers put aliases: not checked.
    Unchecked,
}

/// A column that steers a result without being in it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "facts are plain data")]
pub struct Influence {
    /// The column.
    pub column: ColumnId,
    /// How much it can tell.
    pub strength: Strength,
    /// The clause, as words for an error: `WHERE`, `ORDER BY`, `JOIN … ON`, `CAST`.
    pub place: &'static str,
    /// The parameters, counted from 0, that must be bound as texts: where one is not, the column
    /// is converted, and this tells as much as [`Strength::Any`].
    pub texts: Vec<usize>,
    /// Those that must not be bound as dates or times: MariaDB would make dates of the column's
    /// numbers, of which many are none.
    pub numbers: Vec<usize>,
}

/// How much an influence can tell about values.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "a new strength must be decided")]
pub enum Strength {
    /// Nothing, as long as the parameters that are named are bound as texts.
    Nothing,
    /// `column = literal or parameter`, `IN` of those, in a conjunction; and writes.
    Equality,
    /// Anything else.
    Any,
}

/// Values that are written somewhere.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "facts are plain data")]
pub struct Flow {
    /// Base columns that the written value comes from (influences of the value included).
    pub sources: BTreeSet<ColumnId>,
    /// Where it goes.
    pub target: FlowTarget,
    /// Whether the value is one literal or parameter.
    pub literal: bool,
}

/// Where a written value goes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum FlowTarget {
    /// A column of a table that exists.
    Column(ColumnId),
    /// A column of a table that the statement makes.
    NewTable(TableId),
    /// An argument of a stored routine.
    Routine(TableId),
    /// A user variable.
    Variable(String),
}

/// Whether an UPDATE or DELETE says which rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "each must be decided")]
pub enum Filter {
    /// Not an UPDATE or DELETE.
    NotApplicable,
    /// There is no WHERE.
    Missing,
    /// There is one, and it holds for every row (`1`, `TRUE`, `1=1`, `id = id`).
    AlwaysTrue,
    /// There is one.
    Present,
}

/// What a statement changes in its session.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each must be followed by the session"
)]
pub enum Effect {
    /// The default schema becomes this one (folded).
    UseSchema(String),
    /// `SET NAMES charset [COLLATE …]` or `SET CHARACTER SET charset`.
    SetNames {
        /// The new client character set.
        charset: crate::charset::ClientCharset,
    },
    /// A session variable gets a literal value.
    SetVariable {
        /// Lower case.
        name: String,
        /// The value as text (numbers and keywords too; strings without their quotes), or
        /// [`UNKNOWN`](crate::allow::settable::UNKNOWN).
        value: String,
    },
    /// A session variable has a literal value for as long as this statement runs.
    SetForStatement {
        /// Lower case.
        name: String,
        /// The value as text.
        value: String,
    },
    /// A user variable is set.
    SetUserVariable(String),
    /// BEGIN, START TRANSACTION.
    BeginTransaction,
    /// COMMIT or ROLLBACK (also implicit ones are followed by the status flags).
    EndTransaction,
    /// Objects are made, changed or removed: the catalog is stale.
    SchemaChange(Vec<TableId>),
    /// A temporary table is made: its shape is read back by the session.
    CreateTemporary(TableId),
    /// A temporary table is dropped.
    DropTemporary(TableId),
    /// A statement is prepared under this name (lower case), which stood for another before.
    Prepare {
        /// The name, lower case.
        name: String,
        /// What it stands for from now on.
        prepared: PreparedText,
    },
    /// A prepared statement is dropped, by its name in lower case.
    Deallocate(String),
    /// A connection is to be ended, or what it runs: whose, the session must find out.
    Kill {
        /// The number that the client gave.
        id: u64,
        /// Whether the connection ends, not just its statement.
        connection: bool,
    },
    /// A text ran that nobody read: everything in the session may be different.
    Anything,
}
