//! `column = literal`: what tells less than any other condition.

use super::Resolver;
use super::expression::union;
use super::query::Commons;
use super::value::Kind;
use super::value::Scope;
use super::value::Value;
use crate::facts::tree::Expression;
use crate::facts::tree::Operator;
use crate::statement::Strength;
use crate::statement::Witness;
use crate::unread::Unread;

impl Resolver<'_> {
    /// Whether exactly one is a bare column and the others literals that compare without converting
    /// it; if so, where the parameters stand on whose types that hangs.
    fn equality(&self, operands: &[Expression], values: &[Value]) -> Option<BoundPlaces> {
        let mut others = values.iter().filter(|value| !value.literal);
        let column = others.next()?;
        let kept = column.bare.is_some()
            && others.next().is_none()
            && column.witness != Witness::NotProtected
            && values.iter().filter(|value| value.literal).all(|literal| {
                keeps_column(column.kind, literal.kind)
                    && (!self.stores() || needs_no_look(column.kind, literal.kind))
            });
        let mut places = BoundPlaces::default();
        match column.kind {
            Kind::Text | Kind::Grown | Kind::Binary => places.texts = parameters(operands),
            Kind::Integer | Kind::Year | Kind::Number => places.numbers = parameters(operands),
            Kind::Temporal | Kind::Json | Kind::Null | Kind::Parameter | Kind::Other => {}
        }
        let spoken =
            places.texts.is_empty() || column.kind == Kind::Binary || !self.speaks_binary();
        (kept && spoken).then_some(places)
    }

    /// A condition on rows: conjuncts `column = literal` tell less than anything else.
    pub(super) fn condition(
        &mut self,
        expression: &Expression,
        scope: &Scope<'_>,
        commons: &Commons<'_>,
        place: &'static str,
    ) -> Result<(), Unread> {
        if let Expression::Same(inner) = expression {
            return self.condition(inner, scope, commons, place);
        }
        if let Expression::Operator { operator, operands } = expression {
            if *operator == Operator::And {
                return operands
                    .iter()
                    .try_for_each(|operand| self.condition(operand, scope, commons, place));
            }
            if matches!(operator, Operator::Equal | Operator::In) {
                let values = self.all(operands, scope, commons)?;
                if let Some(places) = self.equality(operands, &values) {
                    self.sink_bound(&union(&values), (Strength::Equality, place), &places);
                } else {
                    let value = self.operator(*operator, &values);
                    self.sink_value(&value, place);
                }
                return Ok(());
            }
        }
        let value = self.expression(expression, scope, commons)?;
        self.sink_value(&value, place);
        Ok(())
    }
}

/// Whether a comparison with that literal leaves the column as it is.
fn keeps_column(column: Kind, literal: Kind) -> bool {
    match column {
        // One bound as a number would make the column one, which is for who decides to see.
        Kind::Text | Kind::Grown => {
            matches!(literal, Kind::Text | Kind::Null | Kind::Parameter)
        }
        Kind::Binary => {
            matches!(
                literal,
                Kind::Text | Kind::Binary | Kind::Null | Kind::Parameter
            )
        }
        // MariaDB makes dates of numbers beside a date, and of many the same one: none.
        Kind::Integer | Kind::Year | Kind::Number => literal != Kind::Temporal,
        Kind::Temporal => true,
        Kind::Json | Kind::Null | Kind::Parameter | Kind::Other => false,
    }
}

/// Whether a change compares with that literal as it stands. What is no number or no date is found
/// out at the first row that has one, and fails there: it would tell whether there is a value.
fn needs_no_look(column: Kind, literal: Kind) -> bool {
    match column {
        Kind::Integer | Kind::Year | Kind::Number => literal.is_numeric(),
        Kind::Temporal => matches!(literal, Kind::Temporal | Kind::Null),
        Kind::Text
        | Kind::Grown
        | Kind::Binary
        | Kind::Json
        | Kind::Null
        | Kind::Parameter
        | Kind::Other => true,
    }
}

/// Parameters on whose types an equality hangs, by their places.
#[derive(Debug, Default)]
pub(super) struct BoundPlaces {
    /// They must be texts.
    pub(super) texts: Vec<usize>,
    /// They must be no dates or times.
    pub(super) numbers: Vec<usize>,
}

/// Where the parameters among these stand.
fn parameters(operands: &[Expression]) -> Vec<usize> {
    let mut places = Vec::new();
    for operand in operands {
        let mut inner = operand;
        while let Expression::Same(next) = inner {
            inner = next;
        }
        if let Expression::Parameter(place) = inner {
            places.push(*place);
        }
    }
    places
}
