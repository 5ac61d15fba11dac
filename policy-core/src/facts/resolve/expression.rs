//! Expressions: what flows through them, and what merely steers.

use std::collections::BTreeSet;

use super::Resolver;
use super::function::is_plain;
use super::operator::cast_kind;
use super::operator::not_total;
use super::operator::result_kind;
use super::query::Commons;
use super::value::Kind;
use super::value::Known;
use super::value::Scope;
use super::value::Value;
use crate::charset::ClientCharset;
use crate::facts::tree::Expression;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;
use crate::facts::tree::Query;
use crate::facts::unsupported;
use crate::name::ColumnId;
use crate::stack;
use crate::statement::Effect;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Strength;
use crate::unread::Unread;

impl Resolver<'_> {
    pub(super) fn expression(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<Value, Unread> {
        stack::grown(|| self.one_expression(expression, scope, commons))
    }

    fn one_expression(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<Value, Unread> {
        match expression {
            Expression::Column(path) => self.column(path, scope),
            // What comes in no character set is bytes.
            Expression::Literal(Literal::Text(_)) if self.speaks_binary() => {
                Ok(Value::of_literal(&Literal::Bytes))
            }
            Expression::Literal(literal) => Ok(Value::of_literal(literal)),
            Expression::Parameter(place) => Ok(Value::parameter(*place)),
            Expression::UserVariable(_) => {
                self.statement.reads_user_variables = true;
                Ok(Value::constant(Kind::Other, false))
            }
            Expression::SystemVariable(name) => {
                self.system_variable(name);
                Ok(Value::constant(Kind::Other, false))
            }
            Expression::Assign { name, value } => {
                let value = self.expression(value, scope, commons)?;
                self.assign_variable(name, &value);
                Ok(value.with_effect())
            }
            Expression::Operator { operator, operands } => {
                let values = self.all(operands, scope, commons)?;
                Ok(self.operator(*operator, &values))
            }
            Expression::Call(call) => self.call(call, scope, commons),
            Expression::Case {
                operand,
                arms,
                otherwise,
            } => self.case(
                operand.as_deref(),
                arms,
                otherwise.as_deref(),
                (scope, commons),
            ),
            Expression::Cast { operand, to } => self.cast(operand, to, (scope, commons)),
            Expression::Collate(inner) => Ok(self.expression(inner, scope, commons)?.collated()),
            Expression::Same(inner) => self.expression(inner, scope, commons),
            Expression::Row(list) => {
                let values = self.all(list, scope, commons)?;
                Ok(Value::computed(union(&values), Kind::Other))
            }
            Expression::Subquery(query) => self.scalar(query, scope, commons),
            Expression::Exists(query) => {
                // Whether there is a row hangs on what steers the query, not on its columns.
                self.query(query, Some(scope), commons)?;
                Ok(Value::constant(Kind::Integer, false))
            }
            Expression::Among { operand, query } => {
                let value = self.expression(operand, scope, commons)?;
                let mut sources = value.sources;
                for field in self.query(query, Some(scope), commons)? {
                    sources.extend(field.value.sources);
                }
                self.sink(&sources, Strength::Any, "a comparison with a subquery");
                Ok(Value::computed(sources, Kind::Integer))
            }
            Expression::Default(None) => Ok(Value::constant(Kind::Other, true)),
            // MariaDB computes an expression that is a default where it is asked for.
            Expression::Default(Some(path)) => Ok(self.column(path, scope)?.with_effect()),
            Expression::Incoming(path) => self.incoming(path, scope),
            Expression::Sequence {
                name,
                advances,
                arguments,
            } => {
                for value in self.all(arguments, scope, commons)? {
                    self.sink_value(&value, "SETVAL");
                }
                self.sequence(name, *advances)
            }
        }
    }

    fn cast(
        &mut self,
        operand: &Expression,
        to: &str,
        (scope, commons): (&Scope<'_>, &Commons<'_>),
    ) -> Result<Value, Unread> {
        let value = self.expression(operand, scope, commons)?;
        let given = std::slice::from_ref(&value);
        if !self.stores() && self.casts_all(value.kind, to) {
            let cast = Value::computed(value.sources.clone(), cast_kind(to));
            return Ok(cast.steady_over(given));
        }
        self.sink_value(&value, "CAST");
        Ok(Value::computed(value.sources, cast_kind(to)))
    }

    /// Whether every value of a type has a form as that: texts in a character set that has every
    /// letter, and bytes of anything.
    fn casts_all(&self, kind: Kind, to: &str) -> bool {
        let has_all_letters = self.session.connection_charset == ClientCharset::Utf8mb4;
        match (to, kind) {
            ("binary", kind) => is_plain(kind),
            ("using utf8mb4", Kind::Text | Kind::Grown) => true,
            ("char", Kind::Text | Kind::Grown) => has_all_letters,
            ("char", Kind::Integer | Kind::Year | Kind::Number | Kind::Temporal | Kind::Null) => {
                true
            }
            _ => false,
        }
    }

    /// The parameters taken for texts, which they are if these places are bound as such; but for
    /// those at which any number will do.
    pub(super) fn as_texts(
        &self,
        mut values: Vec<Value>,
        counts: impl Fn(usize) -> bool,
    ) -> (Vec<Value>, Vec<usize>) {
        let mut texts = Vec::new();
        if self.speaks_binary() || values.iter().all(|value| value.sources.is_empty()) {
            return (values, texts);
        }
        for (at, value) in values.iter_mut().enumerate() {
            if let Known::Parameter(place) = value.known
                && !counts(at)
            {
                value.kind = Kind::Text;
                texts.push(place);
            }
        }
        (values, texts)
    }

    pub(super) fn all(
        &mut self,
        list: &[Expression],
        scope: &Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<Vec<Value>, Unread> {
        list.iter()
            .map(|expression| self.expression(expression, scope, commons))
            .collect()
    }

    fn system_variable(&mut self, name: &str) {
        let scopes = ["session.", "local.", "global.", "persist.", "persist_only."];
        let own = scopes
            .iter()
            .find_map(|scope| name.strip_prefix(scope))
            .unwrap_or(name);
        self.statement.reads_variables.insert(own.to_owned());
    }

    /// A user variable gets a value: its sources go where no one will know them.
    pub(super) fn assign_variable(&mut self, name: &str, value: &Value) {
        self.statement.flows.push(Flow {
            sources: value.sources.clone(),
            target: FlowTarget::Variable(name.to_owned()),
            literal: value.literal,
        });
        let effect = Effect::SetUserVariable(name.to_owned());
        if !self.statement.effects.contains(&effect) {
            self.statement.effects.push(effect);
        }
    }

    fn scalar(
        &mut self,
        query: &Query,
        scope: &Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<Value, Unread> {
        let fields = self.query(query, Some(scope), commons)?;
        let values: Vec<Value> = fields.into_iter().map(|field| field.value).collect();
        match values.as_slice() {
            [] => Err(unsupported("a subquery without columns")),
            // More rows than one are an error, if it is computed at all.
            [only] => Ok(Value {
                steady: false,
                ..only.clone().changed()
            }),
            [_, _, ..] => Ok(Value::computed(union(&values), Kind::Other)),
        }
    }

    pub(super) fn operator(&mut self, operator: Operator, values: &[Value]) -> Value {
        let kind = result_kind(operator, values);
        let sources = union(values);
        let (values, texts) = self.as_texts(values.to_vec(), |_| false);
        let place = match not_total(operator, &values) {
            None => self.kept_from(&values),
            failing => failing,
        };
        match place {
            None => {
                self.total_over(&sources, &texts);
                return Value::computed(sources, kind).steady_over(&values);
            }
            Some(place) => self.sink(&sources, Strength::Any, place),
        }
        Value::computed(sources, kind)
    }

    /// Why something that is total over these types tells of values all the same.
    pub(super) fn kept_from(&self, values: &[Value]) -> Option<&'static str> {
        if self.stores() {
            return Some("what a change computes");
        }
        // Where a value is NULL, what stands beside it is not computed at all.
        let steady = values.len() < 2 || values.iter().all(|value| value.steady);
        (!steady).then_some("what can fail beside it")
    }

    fn case(
        &mut self,
        operand: Option<&Expression>,
        arms: &[(Expression, Expression)],
        otherwise: Option<&Expression>,
        (scope, commons): (&Scope<'_>, &Commons<'_>),
    ) -> Result<Value, Unread> {
        let mut chosen_by = Vec::new();
        let mut results = Vec::new();
        if let Some(operand) = operand {
            chosen_by.push(self.expression(operand, scope, commons)?);
        }
        for (condition, result) in arms {
            chosen_by.push(self.expression(condition, scope, commons)?);
            results.push(self.expression(result, scope, commons)?);
        }
        if let Some(otherwise) = otherwise {
            results.push(self.expression(otherwise, scope, commons)?);
        }
        Ok(self.choice("CASE", &chosen_by, &results))
    }

    /// One of the results, by conditions that steer.
    pub(super) fn choice(
        &mut self,
        place: &'static str,
        chosen_by: &[Value],
        results: &[Value],
    ) -> Value {
        let mut sources = union(chosen_by);
        self.sink(&sources, Strength::Any, place);
        if self.stores() {
            // A text beside a UUID becomes one, or an error.
            self.sink(&union(results), Strength::Any, "what a change computes");
        }
        sources.extend(union(results));
        Value::computed(sources, common_kind(results))
    }

    fn incoming(&mut self, path: &[String], scope: &Scope<'_>) -> Result<Value, Unread> {
        let Some(last) = path.last() else {
            return Err(unsupported("VALUES() without a column"));
        };
        let name = Self::column_name(last)?;
        let found = scope.incoming.iter().find(|(column, _)| *column == name);
        match found {
            Some((_, value)) => Ok(value.clone().changed()),
            // Outside ON DUPLICATE KEY UPDATE it is NULL; the column is named all the same.
            None => Ok(self.column(path, scope)?.changed()),
        }
    }

    /// Whether texts that the statement gives are in no character set.
    pub(super) fn speaks_binary(&self) -> bool {
        self.session.connection_charset == ClientCharset::Binary
    }
}

/// Texts, or what becomes one, beside bytes that the statement itself gives: MySQL takes those for
/// letters of the text's set, row by row, and fails over the first value that is not NULL where they
/// are none.
pub(super) fn mixes_bytes(values: &[Value]) -> bool {
    let is_text = |value: &Value| !matches!(value.kind, Kind::Binary | Kind::Null);
    let is_bytes = |value: &Value| value.kind == Kind::Binary && value.sources.is_empty();
    values.iter().any(is_text) && values.iter().any(is_bytes)
}

pub(super) fn union(values: &[Value]) -> BTreeSet<ColumnId> {
    values
        .iter()
        .flat_map(|value| value.sources.iter().cloned())
        .collect()
}

pub(super) fn common_kind(values: &[Value]) -> Kind {
    let mut kinds = values
        .iter()
        .map(|value| value.kind)
        .filter(|kind| *kind != Kind::Null);
    match kinds.next() {
        None => Kind::Null,
        Some(first) if kinds.all(|kind| kind == first) => first,
        Some(_) => Kind::Other,
    }
}
