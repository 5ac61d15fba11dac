//! What a column name means: the block's own tables, then the blocks around it.

use super::Resolver;
use super::unknown;
use super::value::Field;
use super::value::FieldName;
use super::value::Relation;
use super::value::Scope;
use super::value::Value;
use super::value::Visible;
use crate::facts::unsupported;
use crate::name::ColumnName;
use crate::name::lower_case;
use crate::statement::Witness;
use crate::unread::Unread;

impl Resolver<'_> {
    /// The value of `c`, `t.c` or `s.t.c`.
    pub(super) fn column(&mut self, path: &[String], scope: &Scope<'_>) -> Result<Value, Unread> {
        let (qualifier, column) = match path {
            [qualifier @ .., column] if qualifier.len() <= 2 => {
                (qualifier, Self::column_name(column)?)
            }
            _ => return Err(unsupported("a name of more than three parts")),
        };
        let mut level = Some((scope, scope.own_aliases));
        while let Some((current, aliases)) = level {
            let found = if qualifier.is_empty() {
                self.unqualified(&column, current, aliases, path)?
            } else {
                self.qualified(qualifier, &column, current, path)?
            };
            if let Some(value) = found {
                return Ok(value);
            }
            // A subquery sees the aliases of the items before it.
            level = current.outer.map(|outer| (outer, true));
        }
        unknown("column", &path.join("."))
    }

    fn unqualified(
        &mut self,
        column: &ColumnName,
        scope: &Scope<'_>,
        aliases: bool,
        path: &[String],
    ) -> Result<Option<Value>, Unread> {
        let matches: Vec<&Visible> = scope
            .from
            .visible
            .iter()
            .filter(|visible| matches!(&visible.name, FieldName::Known(name) if name == column))
            .collect();
        let is_item = aliases && scope.aliases.iter().any(|(name, _)| name == column);
        if matches.len() > 1 && !is_item {
            return unknown("column (it stands in more than one table)", &path.join("."));
        }
        let columns = matches.into_iter().map(|only| self.visible(only));
        let mut found = columns.reduce(Value::or);
        if aliases {
            // Servers differ in what goes first, an alias or a column: both are taken.
            for (_, value) in scope.aliases.iter().filter(|(name, _)| name == column) {
                found = Some(match found {
                    None => value.clone(),
                    Some(other) => other.or(value.clone()),
                });
            }
        }
        if found.is_none() {
            check_made_up(&scope.from.relations, column)?;
        }
        Ok(found)
    }

    fn qualified(
        &mut self,
        qualifier: &[String],
        column: &ColumnName,
        scope: &Scope<'_>,
        path: &[String],
    ) -> Result<Option<Value>, Unread> {
        let relations = self.named(qualifier, &scope.from.relations)?;
        let mut found = None;
        for relation in &relations {
            for field in relation.fields.iter().filter(|field| field.is(column)) {
                if found.is_some() {
                    return unknown("column (it stands in more than one table)", &path.join("."));
                }
                self.touch(field);
                found = Some(field.value.clone());
            }
        }
        if found.is_none() {
            for relation in relations {
                check_made_up(std::slice::from_ref(relation), column)?;
            }
        }
        Ok(found)
    }

    /// The relations that `t` or `s.t` means in that FROM.
    pub(super) fn named<'r>(
        &self,
        qualifier: &[String],
        relations: &'r [Relation],
    ) -> Result<Vec<&'r Relation>, Unread> {
        let (schema, table) = match qualifier {
            [table] => (None, table),
            [schema, table] => (Some(self.fold(schema)?), table),
            _ => return Err(unsupported("a name of more than three parts")),
        };
        let alias = self.fold(table)?;
        let mut found = Vec::new();
        for relation in relations {
            if relation.alias != alias {
                // One server may compare aliases without regard to case where the other does not.
                let same = if relation.alias.is_ascii() && alias.is_ascii() {
                    relation.alias.eq_ignore_ascii_case(&alias)
                } else {
                    lower_case(&relation.alias) == lower_case(&alias)
                };
                if same {
                    return Err(unsupported("a table's alias in other letter case"));
                }
                continue;
            }
            let fits = match (&schema, &relation.schema) {
                (None, _) => true,
                (Some(given), Some(own)) => given == own,
                (Some(_), None) => false,
            };
            if fits {
                found.push(relation);
            }
        }
        Ok(found)
    }

    /// The value of one column of a FROM; where tables are joined by it, of all of them.
    pub(super) fn visible(&mut self, visible: &Visible) -> Value {
        for field in &visible.fields {
            self.touch(field);
        }
        let mut values = visible.fields.iter().map(|field| field.value.clone());
        let Some(first) = values.next() else {
            return Value::constant(super::value::Kind::Other, false);
        };
        // In place: a chain of NATURAL JOINs adds a table to each of its columns at every step.
        values.fold(first, |mut joined, next| {
            let own = std::mem::replace(&mut joined.witness, Witness::NotProtected);
            let witness = match (own, &next.witness) {
                (Witness::Exactly(mut left), Witness::Exactly(right)) => {
                    left.extend(right.iter().cloned());
                    Witness::Exactly(left)
                }
                (Witness::Unchecked, _) | (_, Witness::Unchecked) => Witness::Unchecked,
                (Witness::NotProtected, _) | (_, Witness::NotProtected) => Witness::NotProtected,
            };
            let bare = joined.bare.take();
            Value {
                witness,
                bare,
                ..joined.or(next)
            }
        })
    }
}

/// A column whose name the server made up from an expression could be what is meant here: then
/// looking further out would find the wrong one.
fn check_made_up(relations: &[Relation], column: &ColumnName) -> Result<(), Unread> {
    if relations.iter().any(|relation| relation.partial) {
        return unknown("column", column.as_str());
    }
    let plain = column
        .as_str()
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    let could_be = |field: &Field| match field.name {
        FieldName::Known(_) => false,
        FieldName::Punctuated => !plain,
        FieldName::Unknown => true,
    };
    let hidden = relations
        .iter()
        .flat_map(|relation| &relation.fields)
        .any(|field| could_be(field) && !field.value.sources.is_empty());
    if hidden {
        return Err(Unread::Unsupported {
            construct: "a name that may mean a column without an alias".to_owned(),
            hint: Some("give every computed column of a subquery in FROM an alias"),
        });
    }
    Ok(())
}
