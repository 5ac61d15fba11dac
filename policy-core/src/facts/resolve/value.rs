//! What an expression's value is made of, and the columns that names can mean.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::facts::tree::Literal;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::server::ServerKind;
use crate::statement::Witness;

/// What a value is made of.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Every base column that it comes from, those of conditions that choose it included.
    pub(super) sources: BTreeSet<ColumnId>,
    /// The base column that it is, unchanged.
    pub(super) bare: Option<ColumnId>,
    /// What its column definition must look like.
    pub(super) witness: Witness,
    /// Its type, as far as totality hangs on it.
    pub(super) kind: Kind,
    /// Whether it is one literal or parameter.
    pub(super) literal: bool,
    /// Whether it can be computed whatever the rows hold, without an effect: whether it is computed
    /// at all then makes no difference.
    pub(super) steady: bool,
    /// What is known of it besides its type.
    pub(super) known: Known,
}

/// What is known of a value besides its type.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Known {
    Nothing,
    /// A text of so many bytes, and whether they are all ASCII.
    Text(usize, bool),
    /// A number that is small enough to count with.
    Number(u32),
    /// A parameter, and where it stands.
    Parameter(usize),
    /// The number of the connection.
    Connection,
}

/// Types, as coarse as the question needs: which conversions can warn or fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Text,
    /// A text that may be longer than what it was made of. Made longer again and again it would
    /// tell its length by the server's bound on texts, and cost more than it holds.
    Grown,
    Binary,
    Integer,
    Year,
    Number,
    Temporal,
    Json,
    Null,
    /// A parameter: any type.
    Parameter,
    Other,
}

impl Value {
    /// A value that comes from no column.
    pub(super) fn constant(kind: Kind, literal: bool) -> Self {
        Self {
            sources: BTreeSet::new(),
            bare: None,
            witness: Witness::NotProtected,
            kind,
            literal,
            steady: false,
            known: Known::Nothing,
        }
    }

    /// CONNECTION_ID().
    pub(super) fn connection() -> Self {
        Self {
            known: Known::Connection,
            ..Self::constant(Kind::Other, false)
        }
    }

    /// A parameter that stands there.
    pub(super) fn parameter(place: usize) -> Self {
        Self {
            steady: true,
            known: Known::Parameter(place),
            ..Self::constant(Kind::Parameter, true)
        }
    }

    /// A value computed from those sources.
    pub(super) fn computed(sources: BTreeSet<ColumnId>, kind: Kind) -> Self {
        Self {
            sources,
            ..Self::constant(kind, false)
        }
    }

    pub(super) fn of_literal(literal: &Literal) -> Self {
        let kind = match literal {
            Literal::Null => Kind::Null,
            Literal::Boolean(_) => Kind::Integer,
            Literal::Number(_) => Kind::Number,
            Literal::Text(_) => Kind::Text,
            Literal::Bytes => Kind::Binary,
            Literal::Raw => Kind::Other,
            Literal::Temporal => Kind::Temporal,
        };
        let known = match literal {
            Literal::Number(text) => text.parse().map_or(Known::Nothing, Known::Number),
            Literal::Text(text) => Known::Text(text.len(), text.is_ascii()),
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Bytes
            | Literal::Raw
            | Literal::Temporal => Known::Nothing,
        };
        Self {
            steady: *literal != Literal::Raw,
            known,
            ..Self::constant(kind, true)
        }
    }

    /// The value where nothing that it is made of can fail.
    pub(super) fn steady_over(self, values: &[Self]) -> Self {
        Self {
            steady: values.iter().all(|value| value.steady),
            ..self
        }
    }

    /// The value as the column of a derived table, CTE or view.
    pub(super) fn derived(self) -> Self {
        Self {
            witness: Witness::Unchecked,
            literal: false,
            ..self
        }
    }

    /// The value of something that leaves a trace: afterwards it tells whether it was computed.
    pub(super) fn with_effect(self) -> Self {
        Self {
            steady: false,
            ..self.changed()
        }
    }

    /// The same under a collation that is named: what stands beside it is converted to the
    /// collation's character set, which may lack a letter.
    pub(super) fn collated(self) -> Self {
        Self {
            steady: false,
            ..self.changed()
        }
    }

    /// The value after something that leaves the sources but not the column's definition.
    pub(super) fn changed(self) -> Self {
        Self {
            bare: None,
            witness: match self.witness {
                Witness::Exactly(_) | Witness::NotProtected => Witness::NotProtected,
                Witness::Unchecked => Witness::Unchecked,
            },
            literal: false,
            ..self
        }
    }

    /// One value out of two rows of a set operation.
    pub(super) fn or(self, other: Self) -> Self {
        let bare = if self.bare == other.bare {
            self.bare.clone()
        } else {
            None
        };
        let kind = if self.kind == other.kind {
            self.kind
        } else {
            Kind::Other
        };
        let mut sources = self.sources;
        sources.extend(other.sources);
        let unchecked = self.witness == Witness::Unchecked || other.witness == Witness::Unchecked;
        Self {
            sources,
            bare,
            witness: if unchecked {
                Witness::Unchecked
            } else {
                Witness::NotProtected
            },
            kind,
            literal: false,
            steady: self.steady && other.steady,
            known: Known::Nothing,
        }
    }
}

impl Kind {
    /// From the type of a column in the catalog.
    pub(super) fn of_column(data_type: &str, server: ServerKind) -> Self {
        match data_type {
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Self::Text,
            // A name out of a list; compared with a number they would be one.
            "enum" | "set" => Self::Text,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
                Self::Binary
            }
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Self::Integer,
            "year" => Self::Year,
            "decimal" | "float" | "double" => Self::Number,
            "date" | "time" | "datetime" | "timestamp" => Self::Temporal,
            "json" => match server {
                ServerKind::MySql => Self::Json,
                // A LONGTEXT that is checked.
                ServerKind::MariaDb => Self::Text,
            },
            _ => Self::Other,
        }
    }

    pub(super) fn is_string(self) -> bool {
        matches!(self, Self::Text | Self::Grown | Self::Binary | Self::Null)
    }

    pub(super) fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Year | Self::Number | Self::Null)
    }
}

/// The name of a column of a table, a derived table or a result.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum FieldName {
    Known(ColumnName),
    /// The text of an expression: never a plain word.
    Punctuated,
    /// Made up by the server in a way that differs between them.
    Unknown,
}

/// A column that a name can mean.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: FieldName,
    pub(super) value: Value,
    /// Left out of `*`.
    pub(super) invisible: bool,
    /// The table or view whose column it is, for the record of what was touched.
    pub(super) origin: Option<Rc<Origin>>,
}

/// Where a relation comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Origin {
    pub(super) table: TableId,
    pub(super) via: Option<TableId>,
    pub(super) temporary: bool,
    /// A base table, not a view.
    pub(super) base: bool,
}

impl Field {
    pub(super) fn is(&self, name: &ColumnName) -> bool {
        matches!(&self.name, FieldName::Known(known) if known == name)
    }
}

/// A table, view, derived table or CTE in FROM.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// Folded; empty for the result of a set operation.
    pub(super) alias: Arc<str>,
    pub(super) schema: Option<Arc<str>>,
    pub(super) fields: Vec<Rc<Field>>,
    pub(super) origin: Option<Rc<Origin>>,
    /// The server has more columns than are told here.
    pub(super) partial: bool,
}

/// A column of a whole FROM: one field, or those that USING and NATURAL join.
#[derive(Clone, Debug)]
pub(super) struct Visible {
    pub(super) name: FieldName,
    pub(super) fields: Vec<Rc<Field>>,
}

/// A FROM clause, or a part of one.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    pub(super) relations: Vec<Relation>,
    pub(super) visible: Vec<Visible>,
    /// The columns in another order: that in which a NATURAL JOIN or USING around this takes them.
    /// MySQL turns a RIGHT JOIN round there, though not for its own `*`.
    pub(super) turned: Option<Vec<Visible>>,
}

impl Joined {
    pub(super) fn of(relation: Relation) -> Self {
        let visible = relation
            .fields
            .iter()
            .map(|field| Visible {
                name: field.name.clone(),
                fields: vec![Rc::clone(field)],
            })
            .collect();
        Self {
            relations: vec![relation],
            visible,
            turned: None,
        }
    }

    /// The columns as a join by equal columns takes them.
    pub(super) fn as_operand(&self) -> &[Visible] {
        self.turned.as_deref().unwrap_or(&self.visible)
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        if self.turned.is_some() || other.turned.is_some() {
            let both = [self.as_operand(), other.as_operand()];
            self.turned = Some(both.concat());
        }
        self.relations.extend(other.relations);
        self.visible.extend(other.visible);
        self
    }
}

/// The names that an expression can see: those of its own block, then of the blocks around it.
#[derive(Debug)]
pub(super) struct Scope<'s> {
    pub(super) from: Joined,
    /// Aliases of the items read so far.
    pub(super) aliases: Vec<(ColumnName, Value)>,
    /// Whether expressions of the block itself see the aliases (GROUP BY, HAVING, ORDER BY).
    pub(super) own_aliases: bool,
    /// The rows that ON DUPLICATE KEY UPDATE can name by `VALUES(c)`.
    pub(super) incoming: Vec<(ColumnName, Value)>,
    pub(super) outer: Option<&'s Self>,
}

impl<'s> Scope<'s> {
    pub(super) fn new(from: Joined, outer: Option<&'s Self>) -> Self {
        Self {
            from,
            aliases: Vec::new(),
            own_aliases: false,
            incoming: Vec::new(),
            outer,
        }
    }
}
