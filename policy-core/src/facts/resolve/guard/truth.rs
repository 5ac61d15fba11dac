//! Whether a condition holds for every row, for none, or for some: by its form alone.

use super::Rows;
use super::alike::alike;
use super::alike::columns;
use super::alike::conditions;
use super::alike::plain;
use super::alike::query_columns;
use super::form::excludes;
use super::form::has_complements;
use super::form::is_false;
use super::form::is_predicate;
use super::form::literal;
use super::form::number;
use super::form::pairs;
use super::form::pattern;
use crate::facts::tree::Body;
use crate::facts::tree::Call;
use crate::facts::tree::Expression;
use crate::facts::tree::Item;
use crate::facts::tree::Literal;
use crate::facts::tree::Operator;
use crate::facts::tree::Query;
use crate::facts::tree::Select;
use crate::facts::tree::Source;
use crate::name::lower_case;

/// What a condition says about rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Truth {
    /// It holds for every row, or it is the same for every row and nobody can say what.
    Always,
    /// It holds for no row.
    Never,
    /// It hangs on the row.
    Varies,
}

impl Rows<'_> {
    pub(super) fn truth(self, expression: &Expression) -> Truth {
        match expression {
            Expression::Same(inner) | Expression::Collate(inner) => self.truth(inner),
            Expression::Cast { operand, .. } => self.truth(operand),
            Expression::Assign { value, .. } => self.truth(value),
            Expression::Literal(literal) if is_false(literal) => Truth::Never,
            Expression::Literal(_)
            | Expression::Parameter(_)
            | Expression::UserVariable(_)
            | Expression::SystemVariable(_)
            | Expression::Sequence { .. }
            | Expression::Default(None) => Truth::Always,
            Expression::Column(path) if self.is_key(path) => Truth::Always,
            Expression::Operator { operator, operands } => self.operator(*operator, operands),
            Expression::Call(call) => self.call(call),
            Expression::Case {
                operand,
                arms,
                otherwise,
            } => self.case(operand.as_deref(), arms, otherwise.as_deref()),
            Expression::Subquery(query) => varies(self.is_correlated(query)),
            Expression::Exists(query) => self.exists(query),
            Expression::Among { operand, query } => {
                let is_fixed = self.is_fixed(operand) && !self.is_correlated(query);
                varies(!is_fixed && !self.holds_itself(operand, query))
            }
            Expression::Column(_)
            | Expression::Row(_)
            | Expression::Default(Some(_))
            | Expression::Incoming(_) => Truth::Varies,
        }
    }

    fn operator(self, operator: Operator, operands: &[Expression]) -> Truth {
        match operator {
            Operator::And => self.all(operands),
            Operator::Or => self.any(operands),
            Operator::Xor => varies(!self.all_fixed(operands) && !has_complements(operands)),
            Operator::Not => match operands {
                [only] => self.not(only),
                _ => Truth::Varies,
            },
            Operator::Equal | Operator::Compare | Operator::Between | Operator::In => {
                self.comparison(operator, operands)
            }
            Operator::Like => {
                let matches_all =
                    |pattern: &str| !pattern.is_empty() && pattern.chars().all(|c| c == '%');
                varies(!pattern(operands).is_some_and(matches_all) && !self.is_idle(operands))
            }
            Operator::Regular => {
                let matches_all = |pattern: &str| MATCH_ALL.contains(&pattern);
                varies(!pattern(operands).is_some_and(matches_all) && !self.is_idle(operands))
            }
            Operator::IsNull => match operands {
                [only] => self.is_null(only),
                _ => Truth::Varies,
            },
            // `x IS TRUE` says as little as x, whichever way it is turned.
            Operator::Truth => match operands {
                [only] => varies(self.truth(only) == Truth::Varies),
                _ => Truth::Varies,
            },
            Operator::Arithmetic | Operator::Bits | Operator::SoundsLike => {
                varies(!self.is_idle(operands))
            }
            Operator::Concat | Operator::Json | Operator::Match | Operator::Interval => {
                varies(!self.all_fixed(operands))
            }
        }
    }

    fn all(self, operands: &[Expression]) -> Truth {
        let truths: Vec<Truth> = operands.iter().map(|one| self.truth(one)).collect();
        if truths.contains(&Truth::Never) {
            return Truth::Never;
        }
        varies(truths.contains(&Truth::Varies))
    }

    fn any(self, operands: &[Expression]) -> Truth {
        let truths: Vec<Truth> = operands.iter().map(|one| self.truth(one)).collect();
        if truths.contains(&Truth::Always) || has_complements(operands) {
            return Truth::Always;
        }
        if truths.contains(&Truth::Varies) {
            Truth::Varies
        } else {
            Truth::Never
        }
    }

    fn not(self, operand: &Expression) -> Truth {
        if let Expression::Operator { operator, operands } = plain(operand) {
            match operator {
                Operator::Not => {
                    return operands
                        .first()
                        .map_or(Truth::Varies, |one| self.truth(one));
                }
                // NOT (a AND b) is NOT a OR NOT b, and the other way round.
                Operator::And => {
                    let truths: Vec<Truth> = operands.iter().map(|one| self.not(one)).collect();
                    let is_always = truths.contains(&Truth::Always)
                        || pairs(operands).any(|(one, other)| excludes(one, other));
                    return match (is_always, truths.contains(&Truth::Varies)) {
                        (true, _) => Truth::Always,
                        (false, true) => Truth::Varies,
                        (false, false) => Truth::Never,
                    };
                }
                Operator::Or => {
                    let truths: Vec<Truth> = operands.iter().map(|one| self.not(one)).collect();
                    if truths.contains(&Truth::Never) {
                        return Truth::Never;
                    }
                    return varies(truths.contains(&Truth::Varies));
                }
                Operator::Equal
                | Operator::Compare
                | Operator::Between
                | Operator::In
                | Operator::Like
                | Operator::IsNull
                | Operator::Xor
                | Operator::Concat
                | Operator::Arithmetic
                | Operator::Bits
                | Operator::Regular
                | Operator::SoundsLike
                | Operator::Json
                | Operator::Truth
                | Operator::Match
                | Operator::Interval => {}
            }
        }
        match (plain(operand), self.truth(operand)) {
            (Expression::Literal(Literal::Null), _) => Truth::Never,
            (Expression::Literal(_), Truth::Always) => Truth::Never,
            (_, Truth::Always | Truth::Never) => Truth::Always,
            (_, Truth::Varies) => Truth::Varies,
        }
    }

    fn comparison(self, operator: Operator, operands: &[Expression]) -> Truth {
        let Some((first, rest)) = operands.split_first() else {
            return Truth::Varies;
        };
        let literals: Option<Vec<&Literal>> = operands.iter().map(literal).collect();
        if let (Some([left, right]), Operator::Equal) = (literals.as_deref(), operator) {
            let differ = match (number(left), number(right)) {
                (Some(left), Some(right)) => left != right,
                _ => **left == Literal::Null || **right == Literal::Null,
            };
            return if differ { Truth::Never } else { Truth::Always };
        }
        let is_null = |one: &Expression| literal(one) == Some(&Literal::Null);
        if operator == Operator::Equal && operands.iter().any(is_null) {
            return Truth::Never;
        }
        let is_always = self.all_fixed(operands) || rest.iter().any(|other| alike(first, other));
        varies(!is_always)
    }

    fn is_null(self, operand: &Expression) -> Truth {
        let says_little = if let Expression::Column(path) = plain(operand) {
            self.is_key(path)
        } else if let Expression::Operator { operator, .. } = plain(operand) {
            // A comparison is NULL for rows that hold NULL only.
            is_predicate(*operator)
        } else {
            self.is_fixed(operand)
        };
        varies(!says_little)
    }

    fn call(self, call: &Call) -> Truth {
        if call.windowed {
            return Truth::Varies;
        }
        let arguments = call.arguments.as_slice();
        match (call.name.as_str(), arguments) {
            ("coalesce" | "ifnull" | "nvl", [first, ..]) if self.is_fixed(first) => {
                match (literal(first), arguments) {
                    (Some(Literal::Null), [_, second]) => self.truth(second),
                    (Some(Literal::Null), _) => Truth::Always,
                    (_, _) => self.truth(first),
                }
            }
            ("isnull", [only]) => self.is_null(only),
            ("if", [condition, yes, no]) => {
                self.case(None, &[(condition.clone(), yes.clone())], Some(no))
            }
            _ => varies(!self.all_fixed(arguments)),
        }
    }

    fn case(
        self,
        operand: Option<&Expression>,
        arms: &[(Expression, Expression)],
        otherwise: Option<&Expression>,
    ) -> Truth {
        let mut results = Vec::new();
        for (condition, result) in arms {
            let truth = match operand {
                None => self.truth(condition),
                Some(operand) => varies(!(self.is_fixed(operand) && self.is_fixed(condition))),
            };
            match truth {
                Truth::Never => continue,
                Truth::Always | Truth::Varies => results.push(self.truth(result)),
            }
            if truth == Truth::Always {
                return one_of(&results);
            }
        }
        results.push(otherwise.map_or(Truth::Never, |otherwise| self.truth(otherwise)));
        one_of(&results)
    }

    /// Rows come back, or none, for every row alike; or surely some.
    fn exists(self, query: &Query) -> Truth {
        let Body::Select(select) = &query.body else {
            return varies(self.is_correlated(query));
        };
        let mut names = Vec::new();
        conditions(select, &mut names);
        let filter = select.filter.as_ref();
        if let Some(filter) = filter.filter(|filter| self.truth(filter) == Truth::Varies) {
            columns(filter, &mut names);
        }
        let own = select.from.as_ref();
        let hangs_on_row = names.iter().any(|path| self.is_outer(path, own));
        varies(hangs_on_row && !always_one_row(select))
    }

    /// `id IN (SELECT id FROM t)` over the table that is changed.
    fn holds_itself(self, operand: &Expression, query: &Query) -> bool {
        let (Expression::Column(path), Body::Select(select)) = (plain(operand), &query.body) else {
            return false;
        };
        let Some(Source::Table { name, .. }) = &select.from else {
            return false;
        };
        let is_whole = select.filter.is_none() && select.having.is_none() && query.limit.is_empty();
        let is_table = |place: &usize| {
            let relation = self.relations.get(*place);
            let origin = relation.and_then(|relation| relation.origin.as_ref());
            let own = origin.map(|origin| lower_case(origin.table.table()));
            own == name.last().map(|name| lower_case(name))
        };
        let is_column = matches!(
            select.items.as_slice(),
            [Item::Expression { expression, .. }]
                if matches!(plain(expression), Expression::Column(other)
                    if other.last().map(|name| lower_case(name))
                        == path.last().map(|name| lower_case(name)))
        );
        is_whole && is_column && self.holders(path).iter().any(is_table)
    }

    /// Whether a query may come out otherwise for another row of the changed tables.
    fn is_correlated(self, query: &Query) -> bool {
        let mut names = Vec::new();
        query_columns(query, &mut names);
        let own = match &query.body {
            Body::Select(select) => select.from.as_ref(),
            Body::Query(_) | Body::Set { .. } | Body::Values(_) => None,
        };
        names.iter().any(|path| self.is_outer(path, own))
    }

    /// Whether a name in a subquery can be a column of the changed tables. One without a table's
    /// name is given the benefit of the doubt.
    fn is_outer(self, path: &[String], own: Option<&Source>) -> bool {
        let qualifier = path.len().checked_sub(2).and_then(|place| path.get(place));
        let is_own = qualifier.is_some_and(|name| own.is_some_and(|own| is_named(own, name)));
        !is_own && !self.holders(path).is_empty()
    }

    /// Whether no row has a part in it.
    fn is_fixed(self, expression: &Expression) -> bool {
        match plain(expression) {
            Expression::Literal(_)
            | Expression::Parameter(_)
            | Expression::UserVariable(_)
            | Expression::SystemVariable(_)
            | Expression::Sequence { .. }
            | Expression::Default(None) => true,
            Expression::Assign { value, .. } => self.is_fixed(value),
            Expression::Cast { operand, .. } => self.is_fixed(operand),
            Expression::Row(list) => self.all_fixed(list),
            Expression::Call(call) if !call.windowed && self.all_fixed(&call.arguments) => true,
            Expression::Operator { operator, .. } if is_predicate(*operator) => {
                self.truth(expression) != Truth::Varies
            }
            Expression::Operator { operands, .. } => self.all_fixed(operands),
            Expression::Subquery(query) => !self.is_correlated(query),
            Expression::Call(_)
            | Expression::Case { .. }
            | Expression::Exists(_)
            | Expression::Among { .. } => {
                let mut names = Vec::new();
                columns(expression, &mut names);
                names.is_empty() || self.truth(expression) != Truth::Varies
            }
            Expression::Column(_)
            | Expression::Default(Some(_))
            | Expression::Incoming(_)
            | Expression::Same(_)
            | Expression::Collate(_) => false,
        }
    }

    fn all_fixed(self, list: &[Expression]) -> bool {
        list.iter().all(|one| self.is_fixed(one))
    }

    /// Whether the operands are fixed, or twice the same.
    fn is_idle(self, operands: &[Expression]) -> bool {
        let is_twice = matches!(operands, [one, other] if alike(one, other));
        is_twice || self.all_fixed(operands)
    }
}

fn varies(varies: bool) -> Truth {
    if varies { Truth::Varies } else { Truth::Always }
}

fn one_of(results: &[Truth]) -> Truth {
    match results.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => *first,
        Some(_) | None => Truth::Varies,
    }
}

/// `SELECT COUNT(*) …` without GROUP BY: one row, whatever is counted.
fn always_one_row(select: &Select) -> bool {
    let counts = select.items.iter().any(|item| {
        matches!(item, Item::Expression { expression, .. }
            if matches!(plain(expression), Expression::Call(call)
                if AGGREGATES.contains(&call.name.as_str()) && !call.windowed))
    });
    counts && select.group.is_empty() && select.having.is_none()
}

/// Whether a FROM gives that name to one of its tables.
fn is_named(source: &Source, name: &str) -> bool {
    let is = |own: Option<&String>| own.is_some_and(|own| own.eq_ignore_ascii_case(name));
    match source {
        Source::Table {
            name: path, alias, ..
        } => is(alias.as_ref().or_else(|| path.last())),
        Source::Derived { alias, .. } => is(alias.as_ref()),
        Source::Json { alias, .. } => is(Some(alias)),
        Source::Join { left, right, .. } => is_named(left, name) || is_named(right, name),
    }
}

/// Regular expressions that match every text.
const MATCH_ALL: [&str; 9] = ["", ".*", "^", "$", "^.*$", ".?", "^.*", ".*$", "(.*)"];
const AGGREGATES: [&str; 10] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "group_concat",
    "bit_and",
    "bit_or",
    "bit_xor",
    "json_arrayagg",
];
