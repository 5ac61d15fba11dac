//! Function calls: built-in ones by their lists, all others as stored routines.

use super::Resolver;
use super::expression::mixes_bytes;
use super::expression::union;
use super::query::Commons;
use super::unknown;
use super::value::Kind;
use super::value::Scope;
use super::value::Value;
use crate::facts::functions_builtin;
use crate::facts::functions_builtin::Standing;
use crate::facts::functions_total;
use crate::facts::functions_total::Gives;
use crate::facts::functions_total::Total;
use crate::facts::tree::Call;
use crate::name::TableId;
use crate::statement::Flow;
use crate::statement::FlowTarget;
use crate::statement::Strength;
use crate::unread::Unread;

impl Resolver<'_> {
    pub(super) fn call(
        &mut self,
        call: &Call,
        scope: &Scope<'_>,
        commons: &Commons<'_>,
    ) -> Result<Value, Unread> {
        let values = self.all(&call.arguments, scope, commons)?;
        for value in self.all(&call.order, scope, commons)? {
            self.sink_value(&value, "ORDER BY");
        }
        if let Some(window) = &call.window {
            for value in self.all(&window.expressions, scope, commons)? {
                self.sink_value(&value, "OVER");
            }
        }
        if call.distinct {
            for value in &values {
                self.sink_value(value, "DISTINCT");
            }
        }
        self.named_function(call)?;
        if call.schema.is_none() && call.name == "last_insert_id" && !values.is_empty() {
            // The next LAST_INSERT_ID() would give the value back.
            self.statement.flows.push(Flow {
                sources: union(&values),
                target: FlowTarget::Variable("last_insert_id()".to_owned()),
                literal: values.iter().all(|value| value.literal),
            });
        }
        if let Some(value) = self.choosing(call, &values) {
            return Ok(value);
        }
        let sources = union(&values);
        let kind = match functions_total::find(&call.name) {
            Some(total) if call.schema.is_none() && fits(total, &values) => {
                result_kind(total, &values)
            }
            _ => {
                self.sink(&sources, Strength::Any, "a function that can fail");
                Kind::Other
            }
        };
        Ok(Value::computed(sources, kind))
    }

    /// Records the function; refuses one that no list has.
    fn named_function(&mut self, call: &Call) -> Result<(), Unread> {
        let schema = match &call.schema {
            Some(schema) => Some(self.fold(schema)?),
            None => self.schema.clone(),
        };
        let routine = schema
            .map(|schema| TableId::new(schema, std::sync::Arc::from(call.name.as_str())))
            .filter(|routine| self.catalog.routines.contains(routine));
        let built_in = match call.schema {
            None => functions_builtin::standing(&call.name, self.catalog.server),
            Some(_) => None,
        };
        match built_in {
            Some(Standing::Ordinary) => {
                self.statement.functions.insert(call.name.clone());
            }
            Some(Standing::Refused) => {
                self.statement.functions.insert(call.name.clone());
                let construct = format!("the function `{}`", call.name);
                self.statement.withhold(construct, None);
            }
            None if routine.is_none() => return unknown("function", &call.name),
            None => {}
        }
        // With white space before the parenthesis a server may call a routine of a built-in
        // function's name: both are taken.
        self.statement.routines.extend(routine);
        Ok(())
    }

    /// Functions that give one of their arguments, chosen by others.
    fn choosing(&mut self, call: &Call, values: &[Value]) -> Option<Value> {
        if call.schema.is_some() {
            return None;
        }
        match (call.name.as_str(), values) {
            ("if", [condition, results @ ..]) => {
                Some(self.choice("IF", std::slice::from_ref(condition), results))
            }
            ("nvl2", [condition, results @ ..]) => {
                Some(self.choice("NVL2", std::slice::from_ref(condition), results))
            }
            ("coalesce" | "ifnull" | "nvl", [first @ .., _]) => {
                Some(self.choice("COALESCE", first, values))
            }
            ("nullif", [_, _]) => Some(self.choice("NULLIF", values, values)),
            _ => None,
        }
    }
}

fn fits(total: &Total, values: &[Value]) -> bool {
    let has_grown = values.iter().any(|value| value.kind == Kind::Grown);
    let given_bytes = |value: &Value| value.kind == Kind::Binary && value.sources.is_empty();
    if total.gives() == Some(Gives::LongerText) && values.iter().any(given_bytes) {
        // What is made of bytes is bytes, which a grown text would not tell any more.
        return false;
    }
    if mixes_bytes(values) && !matches!(total, Total::Anything(_)) {
        return false;
    }
    if total.gives() == Some(Gives::LongerText) && (has_grown || values.len() > JOINED_MAX) {
        return false;
    }
    match total {
        Total::AnyScalar(_) => values.iter().all(|value| is_plain(value.kind)),
        Total::Strings(_) => values.iter().all(|value| value.kind.is_string()),
        Total::ThenLiterals(_) => match values.split_first() {
            None => false,
            Some((first, rest)) => {
                is_plain(first.kind)
                    && rest
                        .iter()
                        .all(|value| value.literal && value.kind != Kind::Parameter)
            }
        },
        Total::Same => values.iter().all(|value| is_plain(value.kind)),
        Total::Anything(_) => true,
    }
}

/// How many texts may be joined before the whole counts as longer than what it was made of.
const JOINED_MAX: usize = 64;

/// Types whose text form always exists and needs no warning.
fn is_plain(kind: Kind) -> bool {
    match kind {
        Kind::Text
        | Kind::Grown
        | Kind::Binary
        | Kind::Integer
        | Kind::Year
        | Kind::Number
        | Kind::Temporal
        | Kind::Null => true,
        Kind::Json | Kind::Parameter | Kind::Other => false,
    }
}

fn result_kind(total: &Total, values: &[Value]) -> Kind {
    let has_grown = values.iter().any(|value| value.kind == Kind::Grown);
    match total.gives() {
        Some(Gives::LongerText) => Kind::Grown,
        Some(Gives::Text) if has_grown => Kind::Grown,
        Some(Gives::Text) if values.iter().any(|value| value.kind == Kind::Binary) => Kind::Binary,
        Some(Gives::Text) => Kind::Text,
        Some(Gives::Integer) => Kind::Integer,
        None => values.first().map_or(Kind::Null, |value| value.kind),
    }
}
