//! A query and a row change as trees of our own: only what MySQL and MariaDB have.
//!
//! The readers put nothing into it that they did not understand, so that what follows may match
//! without a remainder.

/// A query expression.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) with: Vec<Common>,
    pub(super) recursive: bool,
    pub(super) body: Body,
    pub(super) order: Vec<Expression>,
    pub(super) limit: Vec<Expression>,
    pub(super) locks: bool,
}

/// One entry of WITH.
#[derive(Clone, Debug)]
pub(super) struct Common {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    pub(super) query: Query,
    /// `CYCLE … RESTRICT`.
    pub(super) cycle: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Select(Box<Select>),
    Query(Box<Query>),
    /// A set operation over all these, in order.
    Set {
        parts: Vec<Self>,
        /// Whether rows are compared: anything but UNION ALL.
        compares: bool,
    },
    Values(Vec<Vec<Expression>>),
}

#[derive(Clone, Debug)]
pub(super) struct Select {
    pub(super) distinct: bool,
    pub(super) items: Vec<Item>,
    pub(super) from: Option<Source>,
    pub(super) filter: Option<Expression>,
    pub(super) group: Vec<Expression>,
    pub(super) rollup: bool,
    pub(super) having: Option<Expression>,
    pub(super) windows: Vec<Window>,
    pub(super) qualify: Option<Expression>,
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    /// `*` (empty), `t.*`, `s.t.*`.
    Star(Vec<String>),
    Expression {
        expression: Expression,
        alias: Option<String>,
    },
}

/// What stands in FROM. A comma is a join without a condition.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Table {
        name: Vec<String>,
        alias: Option<String>,
        partitions: bool,
        /// The points in time of FOR SYSTEM_TIME.
        period: Vec<Expression>,
    },
    Derived {
        lateral: bool,
        query: Box<Query>,
        alias: Option<String>,
        columns: Vec<String>,
    },
    Json {
        expression: Box<Expression>,
        columns: Vec<String>,
        alias: String,
    },
    Join {
        left: Box<Self>,
        right: Box<Self>,
        kind: JoinKind,
        on: Option<Box<Expression>>,
        using: Vec<String>,
        natural: bool,
    },
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum JoinKind {
    Inner,
    Left,
    Right,
}

/// PARTITION BY, ORDER BY and the bounds of a frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    pub(super) expressions: Vec<Expression>,
}

#[derive(Clone, Debug)]
pub(super) enum Expression {
    Column(Vec<String>),
    Literal(Literal),
    /// Where it stands in the text.
    Parameter(usize),
    UserVariable(String),
    SystemVariable(String),
    Assign {
        name: String,
        value: Box<Self>,
    },
    Operator {
        operator: Operator,
        operands: Vec<Self>,
    },
    Call(Box<Call>),
    Case {
        operand: Option<Box<Self>>,
        arms: Vec<(Self, Self)>,
        otherwise: Option<Box<Self>>,
    },
    Cast {
        operand: Box<Self>,
        /// The first word of the type, lower case, with a `(` behind it if it is not the only one;
        /// `using` and maybe `utf8mb4` for CONVERT … USING.
        to: String,
    },
    /// `x COLLATE c`, and what else leaves a value as it is.
    Collate(Box<Self>),
    /// `(x)` and `+x`: the servers drop them.
    Same(Box<Self>),
    Row(Vec<Self>),
    Subquery(Box<Query>),
    Exists(Box<Query>),
    /// IN, ANY, ALL.
    Among {
        operand: Box<Self>,
        query: Box<Query>,
    },
    /// `DEFAULT`, or `DEFAULT(column)`.
    Default(Option<Vec<String>>),
    /// `VALUES(column)` in ON DUPLICATE KEY UPDATE.
    Incoming(Vec<String>),
    /// `NEXT VALUE FOR s`, and its like.
    Sequence {
        name: Vec<String>,
        /// Whether the sequence goes on by it.
        advances: bool,
        arguments: Vec<Self>,
    },
}

impl Expression {
    /// An operator over its operands.
    pub(super) fn of(operator: Operator, operands: Vec<Self>) -> Self {
        Self::Operator { operator, operands }
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
    Bytes,
    /// A text whose bytes are no text: a value that is written, and nothing else.
    Raw,
    Temporal,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operator {
    Equal,
    /// `<=>`, `<>`, `<`, `<=`, `>`, `>=`.
    Compare,
    Between,
    In,
    Like,
    IsNull,
    And,
    Or,
    Xor,
    Not,
    Concat,
    /// `+ - * / % DIV MOD`, unary minus, INTERVAL arithmetic.
    Arithmetic,
    /// `| & ^ ~ << >>`.
    Bits,
    /// REGEXP, RLIKE.
    Regular,
    SoundsLike,
    /// `->`, `->>`, MEMBER OF.
    Json,
    /// IS TRUE, IS FALSE, IS UNKNOWN.
    Truth,
    /// MATCH … AGAINST.
    Match,
    /// `INTERVAL x unit`.
    Interval,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    /// For a stored function written with its schema.
    pub(super) schema: Option<String>,
    /// Lower case.
    pub(super) name: String,
    pub(super) arguments: Vec<Expression>,
    pub(super) distinct: bool,
    /// ORDER BY inside the call.
    pub(super) order: Vec<Expression>,
    pub(super) window: Option<Window>,
    pub(super) windowed: bool,
}

/// A row change.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
}

#[derive(Clone, Debug)]
pub(super) struct Insert {
    pub(super) replace: bool,
    pub(super) ignore: bool,
    pub(super) table: Vec<String>,
    pub(super) partitions: bool,
    /// `None`: all columns.
    pub(super) columns: Option<Vec<Vec<String>>>,
    pub(super) rows: Rows,
    /// `AS new(a, b)` of MySQL.
    pub(super) alias: Option<(String, Vec<String>)>,
    pub(super) on_duplicate: Vec<Assignment>,
    pub(super) returning: Vec<Item>,
}

#[derive(Clone, Debug)]
pub(super) enum Rows {
    Values(Vec<Vec<Expression>>),
    Query(Query),
}

#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) column: Vec<String>,
    pub(super) value: Expression,
}

#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) with: Vec<Common>,
    pub(super) recursive: bool,
    pub(super) ignore: bool,
    pub(super) from: Source,
    /// The bounds of FOR PORTION OF.
    pub(super) portion: Vec<Expression>,
    pub(super) assignments: Vec<Assignment>,
    pub(super) filter: Option<Expression>,
    pub(super) order: Vec<Expression>,
    pub(super) limit: Vec<Expression>,
}

#[derive(Clone, Debug)]
pub(super) struct Delete {
    pub(super) with: Vec<Common>,
    pub(super) recursive: bool,
    /// Names or aliases of the tables that lose rows; empty for the one table of FROM.
    pub(super) targets: Vec<Vec<String>>,
    pub(super) from: Source,
    /// The bounds of FOR PORTION OF.
    pub(super) portion: Vec<Expression>,
    pub(super) filter: Option<Expression>,
    pub(super) order: Vec<Expression>,
    pub(super) limit: Vec<Expression>,
    pub(super) returning: Vec<Item>,
}
