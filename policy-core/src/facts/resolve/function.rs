//! Function calls: built-in ones by their lists, all others as stored routines.

use super::Resolver;
use super::expression::common_kind;
use super::expression::mixes_bytes;
use super::expression::union;
use super::query::Commons;
use super::unknown;
use super::value::Kind;
use super::value::Known;
use super::value::Scope;
use super::value::Value;
use crate::facts::functions_builtin;
use crate::facts::functions_builtin::Standing;
use crate::facts::functions_total;
use crate::facts::functions_total::Gives;
use crate::facts::functions_total::Place;
use crate::facts::functions_total::Total;
use crate::facts::tree::Call;
use crate::facts::tree::Window;
use crate::name::TableId;
use crate::server::ServerKind;
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
        if call.windowed && self.catalog.server.kind == ServerKind::MariaDb {
            self.sink_unordered_window(call, &values);
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
        if call.schema.is_none() && call.name == "connection_id" {
            return Ok(Value::connection());
        }
        if let Some(value) = self.choosing(call, &values) {
            return Ok(value);
        }
        if call.schema.is_none() && is_known_of_type(call, &values) {
            return Ok(Value::constant(Kind::Text, false));
        }
        let sources = union(&values);
        let total = functions_total::find(&call.name).filter(|_| call.schema.is_none());
        let (values, texts) = self.as_texts(values, |at| total.is_some_and(|t| t.counts(at)));
        let failing = "a function that can fail";
        let place = match total.filter(|total| fits(total, &values, call.windowed)) {
            None => failing,
            Some(total) => match self.kept_from(&values) {
                Some(place) => place,
                None => {
                    self.total_over(&sources, &texts);
                    let value = Value::computed(sources, result_kind(total, &values));
                    return Ok(value.steady_over(&values));
                }
            },
        };
        self.sink(&sources, Strength::Any, place);
        Ok(Value::computed(sources, Kind::Other))
    }

    /// MariaDB sorts the rows of a window that names neither partition nor order by what the
    /// function is given. What a window with a name of its own says is not looked up here.
    fn sink_unordered_window(&mut self, call: &Call, values: &[Value]) {
        let says_nothing = |window: &Window| window.expressions.is_empty();
        if call.window.as_ref().is_none_or(says_nothing) {
            for value in values {
                self.sink_value(value, "a window without an order");
            }
        }
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

    /// COALESCE where it makes no difference what is computed.
    fn first_value(&mut self, values: &[Value]) -> Option<Value> {
        let sources = union(values);
        let (values, texts) = self.as_texts(values.to_vec(), |_| false);
        let safe = !self.stores()
            && values
                .iter()
                .all(|value| value.steady && is_plain(value.kind))
            && !mixes_bytes(&values);
        if !safe {
            return None;
        }
        self.total_over(&sources, &texts);
        Some(Value::computed(sources, common_kind(&values)).steady_over(&values))
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
            ("coalesce" | "ifnull" | "nvl", [first @ .., _]) => Some(
                self.first_value(values)
                    .unwrap_or_else(|| self.choice("COALESCE", first, values)),
            ),
            ("nullif", [_, _]) => Some(self.choice("NULLIF", values, values)),
            _ => None,
        }
    }
}

/// Whether it tells the type of a column, which is the same for every value.
fn is_known_of_type(call: &Call, values: &[Value]) -> bool {
    matches!(call.name.as_str(), "charset" | "collation")
        && matches!(values, [only] if only.bare.is_some())
}

fn fits(total: &Total, values: &[Value], windowed: bool) -> bool {
    let has_grown = values.iter().any(|value| value.kind == Kind::Grown);
    let given_bytes = |value: &Value| value.kind == Kind::Binary && value.sources.is_empty();
    if total.gives() == Some(Gives::LongerText) && (has_grown || values.iter().any(given_bytes)) {
        // What is made of bytes is bytes, which a grown text would not tell any more.
        return false;
    }
    match total {
        Total::AnyScalar(_, most) => {
            values.len() <= *most
                && values.iter().all(|value| is_plain(value.kind))
                && !mixes_bytes(values)
        }
        Total::String(_) => matches!(values, [only] if only.kind.is_string()),
        Total::Beside(_, places, fewest) => {
            let known = values.iter().zip(*places);
            (*fewest..=places.len()).contains(&values.len())
                && !mixes_bytes(values)
                && known.enumerate().all(|(at, (value, place))| {
                    let before = at.checked_sub(1).and_then(|before| values.get(before));
                    stands(value, *place, before)
                })
        }
        // MariaDB's LAST_VALUE takes many, and gives the last.
        Total::Same => matches!(values, [only] if is_plain(only.kind)),
        Total::Anything(_) => windowed || values.len() <= 1,
    }
}

fn stands(value: &Value, place: Place, before: Option<&Value>) -> bool {
    let text = |value: &Value| match value.known {
        Known::Text(bytes, _) => Some(bytes),
        Known::Nothing | Known::Number(_) | Known::Parameter(_) | Known::Connection => None,
    };
    match place {
        Place::Value => is_plain(value.kind),
        Place::Count => value.literal && (value.kind.is_numeric() || is_parameter(value)),
        Place::Length => matches!(value.known, Known::Number(length) if length <= LENGTH_MAX),
        // MySQL says a text in the set of the value beside it, row by row, and fails where it cannot.
        Place::Text => {
            value.literal
                && matches!(value.kind, Kind::Text | Kind::Null)
                && !matches!(value.known, Known::Text(_, false))
        }
        Place::Replaced => text(value).is_some_and(|bytes| bytes > 0),
        Place::Replacing => text(value) <= before.and_then(text) && text(value).is_some(),
    }
}

/// How long a text may be made that takes its time to make.
const LENGTH_MAX: u32 = 1024;

fn is_parameter(value: &Value) -> bool {
    matches!(value.known, Known::Parameter(_))
}

/// Types whose text form always exists and needs no warning.
pub(super) fn is_plain(kind: Kind) -> bool {
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
