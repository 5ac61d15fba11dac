//! sqlparser's queries to ours; every clause that the servers do not have is refused by name.

use sqlparser::ast;

use super::alias;
use super::expression::expression;
use super::expression::expressions;
use super::expression::order_by;
use super::expression::window;
use super::from;
use super::name;
use super::path;
use super::unsupported;
use crate::facts::tree::Body;
use crate::facts::tree::Common;
use crate::facts::tree::Expression;
use crate::facts::tree::Item;
use crate::facts::tree::Query;
use crate::facts::tree::Select;
use crate::facts::tree::Window;
use crate::unread::Unread;

pub(super) fn query(query: ast::Query) -> Result<Query, Unread> {
    let ast::Query {
        with: with_clause,
        body,
        order_by: order,
        limit_clause,
        fetch,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    if for_clause.is_some()
        || settings.is_some()
        || format_clause.is_some()
        || !pipe_operators.is_empty()
    {
        return unsupported("this clause behind a query");
    }
    let (with, recursive) = with_clause.map_or_else(|| Ok((Vec::new(), false)), with)?;
    let mut limits = limit(limit_clause)?;
    if let Some(ast::Fetch {
        with_ties: _,
        percent: _,
        quantity,
    }) = fetch
    {
        limits.extend(quantity.map(expression).transpose()?);
    }
    Ok(Query {
        with,
        recursive,
        body: self::body(*body)?,
        order: order.map_or_else(|| Ok(Vec::new()), order_clause)?,
        limit: limits,
        locks: !locks.is_empty(),
    })
}

fn with(with: ast::With) -> Result<(Vec<Common>, bool), Unread> {
    let ast::With {
        with_token: _,
        recursive,
        cte_tables,
    } = with;
    let common = cte_tables
        .into_iter()
        .map(common)
        .collect::<Result<_, _>>()?;
    Ok((common, recursive))
}

pub(super) fn common(entry: ast::Cte) -> Result<Common, Unread> {
    let ast::Cte {
        alias:
            ast::TableAlias {
                explicit: _,
                name: table,
                columns,
                at: _,
            },
        query: inner,
        from: origin,
        materialized,
        closing_paren_token: _,
    } = entry;
    if origin.is_some() || materialized.is_some() {
        return unsupported("this form of WITH");
    }
    Ok(Common {
        name: name(table)?,
        columns: from::column_aliases(columns)?,
        query: query(*inner)?,
    })
}

fn order_clause(order: ast::OrderBy) -> Result<Vec<Expression>, Unread> {
    let ast::OrderBy { kind, interpolate } = order;
    match (kind, interpolate) {
        (ast::OrderByKind::Expressions(list), None) => order_by(list),
        (ast::OrderByKind::All(_) | ast::OrderByKind::Expressions(_), _) => {
            unsupported("this form of ORDER BY")
        }
    }
}

fn limit(clause: Option<ast::LimitClause>) -> Result<Vec<Expression>, Unread> {
    match clause {
        None => Ok(Vec::new()),
        Some(ast::LimitClause::LimitOffset {
            limit,
            offset,
            limit_by,
        }) => {
            if !limit_by.is_empty() {
                return unsupported("LIMIT … BY");
            }
            let offset = offset.map(|ast::Offset { value, rows: _ }| value);
            expressions(limit.into_iter().chain(offset).collect())
        }
        Some(ast::LimitClause::OffsetCommaLimit { offset, limit }) => {
            expressions(vec![limit, offset])
        }
    }
}

/// Chains of set operations lean to the left and may be long: followed in a loop.
fn body(body: ast::SetExpr) -> Result<Body, Unread> {
    let mut rest = body;
    let mut parts = Vec::new();
    let mut compares = false;
    while let ast::SetExpr::SetOperation {
        left,
        op,
        set_quantifier,
        right,
    } = rest
    {
        compares |= compares_rows(op, set_quantifier)?;
        parts.push(simple_body(*right)?);
        rest = *left;
    }
    let first = simple_body(rest)?;
    if parts.is_empty() {
        return Ok(first);
    }
    parts.push(first);
    parts.reverse();
    Ok(Body::Set { parts, compares })
}

fn compares_rows(op: ast::SetOperator, quantifier: ast::SetQuantifier) -> Result<bool, Unread> {
    match (op, quantifier) {
        (ast::SetOperator::Union, ast::SetQuantifier::All) => Ok(false),
        (
            ast::SetOperator::Union
            | ast::SetOperator::Except
            | ast::SetOperator::Intersect
            | ast::SetOperator::Minus,
            ast::SetQuantifier::All | ast::SetQuantifier::Distinct | ast::SetQuantifier::None,
        ) => Ok(true),
        (
            _,
            ast::SetQuantifier::ByName
            | ast::SetQuantifier::AllByName
            | ast::SetQuantifier::DistinctByName,
        ) => unsupported("a set operation BY NAME"),
    }
}

fn simple_body(part: ast::SetExpr) -> Result<Body, Unread> {
    match part {
        ast::SetExpr::Select(inner) => Ok(Body::Select(Box::new(select(*inner)?))),
        ast::SetExpr::Query(inner) => Ok(Body::Query(Box::new(query(*inner)?))),
        ast::SetExpr::Values(ast::Values {
            explicit_row: _,
            value_keyword: _,
            rows,
        }) => {
            let rows = rows
                .into_iter()
                .map(|row| expressions(row.content))
                .collect::<Result<_, _>>()?;
            Ok(Body::Values(rows))
        }
        nested @ ast::SetExpr::SetOperation { .. } => body(nested),
        ast::SetExpr::Insert(_)
        | ast::SetExpr::Update(_)
        | ast::SetExpr::Delete(_)
        | ast::SetExpr::Merge(_) => unsupported("a change inside a query"),
        ast::SetExpr::Table(_) => unsupported("TABLE in this place"),
    }
}

fn select(select: ast::Select) -> Result<Select, Unread> {
    let ast::Select {
        select_token: _,
        optimizer_hints,
        distinct: distinct_clause,
        // How the server goes about it; nothing that a result depends on.
        select_modifiers: _,
        top,
        top_before_distinct: _,
        projection,
        exclude,
        into,
        from: tables,
        lateral_views,
        prewhere,
        selection,
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having,
        named_window,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor: _,
    } = select;
    if !optimizer_hints.is_empty() || top.is_some() || exclude.is_some() || into.is_some() {
        return unsupported("this form of SELECT");
    }
    if !lateral_views.is_empty()
        || prewhere.is_some()
        || !connect_by.is_empty()
        || !cluster_by.is_empty()
        || !distribute_by.is_empty()
        || !sort_by.is_empty()
        || value_table_mode.is_some()
    {
        return unsupported("this clause of SELECT");
    }
    let (group, rollup) = grouping(group_by)?;
    Ok(Select {
        distinct: distinct(distinct_clause)?,
        items: items(projection)?,
        from: from::tables(tables)?,
        filter: selection.map(expression).transpose()?,
        group,
        rollup,
        having: having.map(expression).transpose()?,
        windows: named_window
            .into_iter()
            .map(named)
            .collect::<Result<_, _>>()?,
        qualify: qualify.map(expression).transpose()?,
    })
}

fn distinct(clause: Option<ast::Distinct>) -> Result<bool, Unread> {
    match clause {
        None | Some(ast::Distinct::All) => Ok(false),
        Some(ast::Distinct::Distinct) => Ok(true),
        Some(ast::Distinct::On(_)) => unsupported("DISTINCT ON"),
    }
}

fn grouping(clause: ast::GroupByExpr) -> Result<(Vec<Expression>, bool), Unread> {
    match clause {
        ast::GroupByExpr::All(_) => unsupported("GROUP BY ALL"),
        ast::GroupByExpr::Expressions(list, modifiers) => {
            let mut rollup = false;
            for modifier in modifiers {
                match modifier {
                    ast::GroupByWithModifier::Rollup => rollup = true,
                    ast::GroupByWithModifier::Cube
                    | ast::GroupByWithModifier::Totals
                    | ast::GroupByWithModifier::GroupingSets(_) => {
                        return unsupported("this modifier of GROUP BY");
                    }
                }
            }
            Ok((expressions(list)?, rollup))
        }
    }
}

fn named(definition: ast::NamedWindowDefinition) -> Result<Window, Unread> {
    let ast::NamedWindowDefinition(_, kind) = definition;
    match kind {
        ast::NamedWindowExpr::NamedWindow(_) => Ok(Window::default()),
        ast::NamedWindowExpr::WindowSpec(spec) => window(spec),
    }
}

pub(super) fn items(projection: Vec<ast::SelectItem>) -> Result<Vec<Item>, Unread> {
    projection.into_iter().map(item).collect()
}

fn item(item: ast::SelectItem) -> Result<Item, Unread> {
    match item {
        ast::SelectItem::UnnamedExpr(value) => Ok(Item::Expression {
            expression: expression(value)?,
            alias: None,
        }),
        ast::SelectItem::ExprWithAlias { expr, alias: given } => Ok(Item::Expression {
            expression: expression(expr)?,
            alias: Some(alias(given)?),
        }),
        ast::SelectItem::ExprWithAliases { .. } => unsupported("several aliases of one column"),
        ast::SelectItem::Wildcard(options) => {
            plain_star(options)?;
            Ok(Item::Star(Vec::new()))
        }
        ast::SelectItem::QualifiedWildcard(kind, options) => {
            plain_star(options)?;
            match kind {
                ast::SelectItemQualifiedWildcardKind::ObjectName(table) => {
                    Ok(Item::Star(path(table)?))
                }
                ast::SelectItemQualifiedWildcardKind::Expr(_) => {
                    unsupported("`.*` of an expression")
                }
            }
        }
    }
}

fn plain_star(options: ast::WildcardAdditionalOptions) -> Result<(), Unread> {
    let ast::WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    if opt_ilike.is_some()
        || opt_exclude.is_some()
        || opt_except.is_some()
        || opt_replace.is_some()
        || opt_rename.is_some()
        || opt_alias.is_some()
    {
        return unsupported("`*` with options");
    }
    Ok(())
}
