//! Names to columns, and columns to facts, the way both servers resolve them; where they differ,
//! both readings are taken together.

mod change;
mod equality;
mod expression;
mod from;
mod function;
mod guard;
mod keys;
mod lookup;
mod operator;
mod query;
mod select;
mod sequence;
mod table;
mod value;
mod view;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use self::equality::BoundPlaces;
use self::query::Commons;
use self::value::Field;
use self::value::FieldName;
use self::value::Origin;
use self::value::Scope;
use self::value::Value;
use super::ExpressionFacts;
use super::Input;
use super::NewColumn;
use super::tree::Change;
use super::tree::Expression;
use super::tree::Query;
use crate::catalog::Catalog;
use crate::catalog::Table;
use crate::name::ColumnId;
use crate::name::ColumnName;
use crate::name::TableId;
use crate::session::SessionContext;
use crate::statement::Access;
use crate::statement::Influence;
use crate::statement::Output;
use crate::statement::OutputColumn;
use crate::statement::Statement;
use crate::statement::Strength;
use crate::statement::Verb;
use crate::statement::kind::StatementKind;
use crate::unread::Unread;

/// The walk over one statement.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    catalog: &'a Catalog,
    session: &'a SessionContext,
    /// The schema of unqualified names: the session's, or a view's own.
    schema: Option<Arc<str>>,
    /// The view whose definition is being read.
    via: Option<TableId>,
    /// Views being read, to find circles.
    views: Vec<TableId>,
    /// Query blocks read so far: nested recursion reads the same ones over and over.
    blocks: usize,
    /// Whether tables of the FROM being read are locked.
    locking: bool,
    accesses: BTreeMap<AccessKey, BTreeSet<ColumnName>>,
    influences: BTreeSet<Influence>,
    statement: &'a mut Statement,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct AccessKey {
    object: TableId,
    verb: Verb,
    via: Option<TableId>,
    temporary: bool,
}

/// Resolves a query whose rows go to the client, or into those user variables.
pub(super) fn output_query(
    input: Input<'_>,
    statement: &mut Statement,
    tree: &Query,
    variables: &[String],
) -> Result<(), Unread> {
    let mut resolver = Resolver::new(input, statement);
    let fields = resolver.query(tree, None, &Commons::none())?;
    if variables.is_empty() {
        resolver.statement.output = output(fields);
    } else {
        resolver.assign_variables(&fields, variables)?;
    }
    resolver.finish();
    Ok(())
}

/// Resolves a query whose columns become a table's or a view's.
pub(super) fn new_columns(
    input: Input<'_>,
    statement: &mut Statement,
    tree: &Query,
) -> Result<Vec<NewColumn>, Unread> {
    let mut resolver = Resolver::new(input, statement);
    let fields = resolver.query(tree, None, &Commons::none())?;
    resolver.finish();
    let columns = fields.into_iter().map(|field| NewColumn {
        name: match field.name {
            FieldName::Known(name) => Some(name.as_str().to_owned()),
            FieldName::Punctuated | FieldName::Unknown => None,
        },
        sources: field.value.sources,
    });
    Ok(columns.collect())
}

/// Resolves a row change.
pub(super) fn change(
    input: Input<'_>,
    statement: &mut Statement,
    tree: &Change,
) -> Result<(), Unread> {
    let mut resolver = Resolver::new(input, statement);
    resolver.change(tree)?;
    resolver.finish();
    Ok(())
}

/// Resolves expressions that stand outside a query.
pub(super) fn expressions(
    input: Input<'_>,
    statement: &mut Statement,
    list: &[Expression],
) -> Result<Vec<ExpressionFacts>, Unread> {
    let mut resolver = Resolver::new(input, statement);
    let scope = Scope::new(value::Joined::default(), None);
    let mut facts = Vec::new();
    for expression in list {
        let value = resolver.expression(expression, &scope, &Commons::none())?;
        facts.push(ExpressionFacts {
            sources: value.sources,
            literal: value.literal,
        });
    }
    resolver.finish();
    Ok(facts)
}

/// Resolves an expression in the definition of a table, whose columns are all that it can name.
pub(super) fn definition(
    input: Input<'_>,
    statement: &mut Statement,
    expression: &Expression,
    (id, table): (&TableId, Table),
) -> Result<ExpressionFacts, Unread> {
    let mut resolver = Resolver::new(input, statement);
    let mut from = value::Joined::default();
    if !table.columns.is_empty() {
        let found = table::Found {
            origin: Rc::new(Origin {
                table: id.clone(),
                via: None,
                temporary: false,
                base: true,
            }),
            table: Arc::new(table),
        };
        let alias = Arc::from(id.table());
        from = value::Joined::of(resolver.relation(&found, alias)?);
    }
    let scope = Scope::new(from, None);
    let value = resolver.expression(expression, &scope, &Commons::none())?;
    resolver.finish();
    Ok(ExpressionFacts {
        sources: value.sources,
        literal: value.literal,
    })
}

fn output(fields: Vec<Field>) -> Output {
    let columns = fields.into_iter().map(|field| OutputColumn {
        connection: field.value.known == value::Known::Connection,
        sources: field.value.sources,
        bare: field.value.bare,
        name: match field.name {
            FieldName::Known(name) => Some(name),
            FieldName::Punctuated | FieldName::Unknown => None,
        },
        witness: field.value.witness,
    });
    Output::Columns(columns.collect())
}

impl<'a> Resolver<'a> {
    fn new(input: Input<'a>, statement: &'a mut Statement) -> Self {
        Self {
            catalog: input.catalog,
            session: input.session,
            schema: input.session.default_schema.clone(),
            via: None,
            views: Vec::new(),
            blocks: 0,
            locking: false,
            accesses: BTreeMap::new(),
            influences: BTreeSet::new(),
            statement,
        }
    }

    /// `SELECT … INTO @a, @b`.
    fn assign_variables(&mut self, fields: &[Field], variables: &[String]) -> Result<(), Unread> {
        if fields.len() != variables.len() {
            return Err(super::unsupported(
                "a row of another length than its variables",
            ));
        }
        for (field, name) in fields.iter().zip(variables) {
            self.assign_variable(name, &field.value);
        }
        Ok(())
    }

    fn finish(self) {
        let accesses = self.accesses.into_iter().map(|(key, columns)| Access {
            verb: key.verb,
            object: key.object,
            columns,
            via: key.via,
            temporary: key.temporary,
        });
        self.statement.accesses.extend(accesses);
        for influence in self.influences {
            if !self.statement.influences.contains(&influence) {
                self.statement.influences.push(influence);
            }
        }
    }

    /// Those columns steer the result.
    fn sink(&mut self, sources: &BTreeSet<ColumnId>, strength: Strength, place: &'static str) {
        for column in sources {
            self.influences.insert(Influence {
                column: column.clone(),
                strength,
                place,
                texts: Vec::new(),
                numbers: Vec::new(),
            });
        }
    }

    /// Those columns steer the result that much, if the parameters at these places are what they must
    /// be.
    fn sink_bound(
        &mut self,
        sources: &BTreeSet<ColumnId>,
        (strength, place): (Strength, &'static str),
        places: &BoundPlaces,
    ) {
        for column in sources {
            self.influences.insert(Influence {
                column: column.clone(),
                strength,
                place,
                texts: places.texts.clone(),
                numbers: places.numbers.clone(),
            });
        }
    }

    /// What is computed from those columns tells nothing, if the parameters are texts.
    fn total_over(&mut self, sources: &BTreeSet<ColumnId>, texts: &[usize]) {
        if !texts.is_empty() {
            let places = BoundPlaces {
                texts: texts.to_vec(),
                numbers: Vec::new(),
            };
            self.sink_bound(sources, (Strength::Nothing, "a parameter"), &places);
        }
    }

    /// Whether what a query computes may be stored: a warning is an error then, and says that a
    /// value is there.
    fn stores(&self) -> bool {
        !matches!(
            self.statement.kind,
            StatementKind::Select | StatementKind::Table | StatementKind::Values
        )
    }

    fn sink_value(&mut self, value: &Value, place: &'static str) {
        self.sink(&value.sources, Strength::Any, place);
    }

    /// Records what is done to a table, and to which of its columns.
    fn access(
        &mut self,
        verb: Verb,
        origin: &Origin,
        columns: impl IntoIterator<Item = ColumnName>,
    ) {
        let key = AccessKey {
            object: origin.table.clone(),
            verb,
            via: origin.via.clone(),
            temporary: origin.temporary,
        };
        self.accesses.entry(key).or_default().extend(columns);
    }

    fn touch(&mut self, field: &Field) {
        if let (Some(origin), FieldName::Known(name)) = (&field.origin, &field.name) {
            // A generated column reads those that it is computed from.
            let own = field.value.sources.iter();
            let others = own
                .filter(|source| source.column != *name && source.table == origin.table)
                .map(|source| source.column.clone());
            self.access(Verb::Read, origin, others.chain([name.clone()]));
        }
    }

    /// Folds a column name, or refuses one that servers may fold differently.
    fn column_name(name: &str) -> Result<ColumnName, Unread> {
        ColumnName::parse(name).ok_or_else(|| {
            super::unsupported("a name with a letter that servers may take for an ASCII one")
        })
    }

    fn fold(&self, name: &str) -> Result<Arc<str>, Unread> {
        if !ColumnName::is_name(name) {
            Self::column_name(name)?;
        }
        Ok(self.catalog.table_name_case.fold(name))
    }
}

fn unknown<T>(what: &'static str, name: &str) -> Result<T, Unread> {
    Err(Unread::UnknownName {
        what,
        name: name.to_owned(),
    })
}
