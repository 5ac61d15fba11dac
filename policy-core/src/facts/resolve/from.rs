//! FROM: tables joined to one list of columns, with what the joins compare.

use std::rc::Rc;

use super::Resolver;
use super::query::Commons;
use super::unknown;
use super::value::Field;
use super::value::FieldName;
use super::value::Joined;
use super::value::Kind;
use super::value::Relation;
use super::value::Scope;
use super::value::Value;
use super::value::Visible;
use crate::facts::tree::JoinKind;
use crate::facts::tree::Query;
use crate::facts::tree::Source;
use crate::facts::unsupported;
use crate::name::ColumnName;
use crate::server::ServerKind;
use crate::stack;
use crate::unread::Unread;

/// What a FROM can see around it.
#[derive(Clone, Copy)]
pub(super) struct Around<'s> {
    /// The block around the one that the FROM belongs to.
    pub(super) outer: Option<&'s Scope<'s>>,
    /// The tables to the left, for LATERAL and JSON_TABLE.
    pub(super) left: &'s Scope<'s>,
    pub(super) commons: &'s Commons<'s>,
}

impl Resolver<'_> {
    pub(super) fn from(&mut self, source: &Source, around: Around<'_>) -> Result<Joined, Unread> {
        stack::grown(|| self.one_source(source, around))
    }

    fn one_source(&mut self, source: &Source, around: Around<'_>) -> Result<Joined, Unread> {
        match source {
            Source::Table {
                name,
                alias,
                partitions,
                period,
            } => {
                let relation = self.table(name, alias.as_deref(), around.commons)?;
                if *partitions {
                    self.partition_selection(&relation);
                }
                for value in self.all(period, around.left, around.commons)? {
                    self.sink_value(&value, "FOR SYSTEM_TIME");
                }
                Ok(Joined::of(relation))
            }
            Source::Derived {
                lateral,
                query,
                alias,
                columns,
            } => {
                let outer = if *lateral {
                    Some(around.left)
                } else {
                    around.outer
                };
                let relation =
                    self.derived(query, alias.as_deref(), columns, (outer, around.commons))?;
                Ok(Joined::of(relation))
            }
            Source::Json {
                expression,
                columns,
                alias,
            } => {
                let value = self.expression(expression, around.left, around.commons)?;
                // How many rows there are, and whether it can be read at all, hangs on the value.
                self.sink_value(&value, "JSON_TABLE");
                self.json_table(&value, columns, alias)
            }
            Source::Join {
                left,
                right,
                kind,
                on,
                using,
                natural,
            } => {
                let left = self.from(left, around)?;
                let right = if sees_left(right) {
                    let beside = around.left.from.clone().and(left.clone());
                    let left = &Scope::new(beside, around.left.outer);
                    self.from(right, Around { left, ..around })?
                } else {
                    self.from(right, around)?
                };
                let joined = self.keyed(left, right, (using, *natural, *kind))?;
                let scope = Scope::new(joined, around.outer);
                if let Some(condition) = on {
                    self.condition(condition, &scope, around.commons, "JOIN … ON")?;
                }
                Ok(scope.from)
            }
        }
    }

    fn keyed(
        &mut self,
        left: Joined,
        right: Joined,
        (using, natural, kind): (&[String], bool, JoinKind),
    ) -> Result<Joined, Unread> {
        if natural {
            let keys = common_names(&left, &right)?;
            return self.coalesced(left, right, &keys, kind);
        }
        if using.is_empty() {
            let turns = match (kind, self.catalog.server.kind) {
                (JoinKind::Right, ServerKind::MySql) => true,
                (JoinKind::Right, ServerKind::MariaDb) | (JoinKind::Inner | JoinKind::Left, _) => {
                    false
                }
            };
            let turned = turns.then(|| [right.as_operand(), left.as_operand()].concat());
            let mut joined = left.and(right);
            if turns {
                joined.turned = turned;
            }
            return Ok(joined);
        }
        let names = using.iter().map(|name| Self::column_name(name));
        let keys: Vec<ColumnName> = names.collect::<Result<_, _>>()?;
        self.coalesced(left, right, &keys, kind)
    }

    fn json_table(&self, value: &Value, columns: &[String], alias: &str) -> Result<Joined, Unread> {
        let field = |name: &String| {
            Ok(Rc::new(Field {
                name: FieldName::Known(Self::column_name(name)?),
                value: Value::computed(value.sources.clone(), Kind::Other).derived(),
                invisible: false,
                origin: None,
            }))
        };
        Ok(Joined::of(Relation {
            alias: self.fold(alias)?,
            schema: None,
            fields: columns.iter().map(field).collect::<Result<_, Unread>>()?,
            origin: None,
            partial: false,
        }))
    }

    fn derived(
        &mut self,
        query: &Query,
        alias: Option<&str>,
        columns: &[String],
        (outer, commons): (Option<&Scope<'_>>, &Commons<'_>),
    ) -> Result<Relation, Unread> {
        let fields = self.query(query, outer, commons)?;
        let fields = renamed(fields, columns)?;
        Ok(Relation {
            alias: self.fold(alias.unwrap_or_default())?,
            schema: None,
            fields: fields.into_iter().map(Rc::new).collect(),
            origin: None,
            partial: false,
        })
    }

    /// Joins by equal columns: those come first, each once; all are compared.
    fn coalesced(
        &mut self,
        left: Joined,
        right: Joined,
        keys: &[ColumnName],
        kind: JoinKind,
    ) -> Result<Joined, Unread> {
        let mut joined = left.clone().and(right.clone());
        joined.visible.clear();
        joined.turned = None;
        // Both servers turn a RIGHT JOIN round: the columns of its right side come first, and a
        // column that both have is that of the right side.
        let (left, right) = match kind {
            JoinKind::Inner | JoinKind::Left => (left, right),
            JoinKind::Right => (right, left),
        };
        // In the order of the first side, whatever the order of USING.
        let mut ordered: Vec<ColumnName> = Vec::new();
        for visible in left.as_operand() {
            if let FieldName::Known(name) = &visible.name
                && keys.contains(name)
                && !ordered.contains(name)
            {
                ordered.push(name.clone());
            }
        }
        for key in keys {
            if !ordered.contains(key) {
                return unknown("column", key.as_str());
            }
        }
        for key in &ordered {
            let mut fields = Vec::new();
            for side in [&left, &right] {
                fields.extend(single(side, key)?.fields.iter().cloned());
            }
            let both = Visible {
                name: FieldName::Known(key.clone()),
                fields,
            };
            let value = self.visible(&both);
            self.sink_value(&value, "JOIN … USING");
            joined.visible.push(both);
        }
        let rest = left.as_operand().iter().chain(right.as_operand());
        let rest = rest.filter(
            |visible| !matches!(&visible.name, FieldName::Known(name) if ordered.contains(name)),
        );
        joined.visible.extend(rest.cloned());
        Ok(joined)
    }
}

/// Whether something in it can name columns of the tables to its left.
fn sees_left(source: &Source) -> bool {
    match source {
        Source::Table { period, .. } => !period.is_empty(),
        Source::Derived { lateral, .. } => *lateral,
        Source::Json { .. } => true,
        Source::Join { left, right, .. } => sees_left(left) || sees_left(right),
    }
}

fn single<'j>(side: &'j Joined, key: &ColumnName) -> Result<&'j Visible, Unread> {
    let mut matches = side
        .visible
        .iter()
        .filter(|visible| matches!(&visible.name, FieldName::Known(name) if name == key));
    match (matches.next(), matches.next()) {
        (Some(only), None) => Ok(only),
        _ => unknown("column", key.as_str()),
    }
}

fn common_names(left: &Joined, right: &Joined) -> Result<Vec<ColumnName>, Unread> {
    let mut common = Vec::new();
    for side in [left, right] {
        if side.relations.iter().any(|relation| relation.partial) {
            return Err(unsupported("NATURAL JOIN over information_schema"));
        }
        for visible in &side.visible {
            if !matches!(visible.name, FieldName::Known(_)) {
                return Err(unsupported("NATURAL JOIN over a column without an alias"));
            }
        }
    }
    for visible in &left.visible {
        let FieldName::Known(name) = &visible.name else {
            continue;
        };
        let Some(other) = right
            .visible
            .iter()
            .find(|other| other.name == visible.name)
        else {
            continue;
        };
        let hidden = visible.fields.iter().chain(&other.fields);
        if hidden.into_iter().any(|field| field.invisible) {
            return Err(unsupported("NATURAL JOIN over an invisible column"));
        }
        common.push(name.clone());
    }
    Ok(common)
}

/// The columns of a query under the names that an alias list gives them.
pub(super) fn renamed(fields: Vec<Field>, columns: &[String]) -> Result<Vec<Field>, Unread> {
    if !columns.is_empty() && columns.len() != fields.len() {
        return Err(unsupported("a list of column aliases of another length"));
    }
    let mut names = columns.iter();
    fields
        .into_iter()
        .map(|field| {
            let name = match names.next() {
                None => field.name,
                Some(name) => FieldName::Known(column_name(name)?),
            };
            Ok(Field {
                name,
                value: field.value.derived(),
                invisible: false,
                origin: None,
            })
        })
        .collect()
}

fn column_name(name: &str) -> Result<ColumnName, Unread> {
    Resolver::column_name(name)
}

/// The alias of a relation that has none of its own.
pub(super) fn own_name(name: &[String]) -> &str {
    name.last().map_or("", String::as_str)
}
