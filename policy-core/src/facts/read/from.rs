//! sqlparser's FROM clauses to ours.

use sqlparser::ast;

use super::alias;
use super::expression::expression;
use super::name;
use super::path;
use super::query::query;
use super::unsupported;
use crate::facts::tree::JoinKind;
use crate::facts::tree::Source;
use crate::unread::Unread;

/// `None` where there is no FROM, or only DUAL.
pub(super) fn tables(list: Vec<ast::TableWithJoins>) -> Result<Option<Source>, Unread> {
    if let [only] = list.as_slice()
        && only.joins.is_empty()
        && is_dual(&only.relation)
    {
        return Ok(None);
    }
    bound(list.len())?;
    let mut whole: Option<Source> = None;
    for entry in list {
        let source = joined(entry)?;
        whole = Some(match whole {
            None => source,
            Some(left) => plain_join(left, source),
        });
    }
    Ok(whole)
}

fn is_dual(factor: &ast::TableFactor) -> bool {
    let ast::TableFactor::Table { name, .. } = factor else {
        return false;
    };
    matches!(name.0.as_slice(), [ast::ObjectNamePart::Identifier(only)]
        if only.quote_style.is_none() && only.value.eq_ignore_ascii_case("dual"))
}

pub(super) fn joined(tree: ast::TableWithJoins) -> Result<Source, Unread> {
    let ast::TableWithJoins { relation, joins } = tree;
    let mut left = factor(relation)?;
    bound(joins.len())?;
    for join in joins {
        left = with_join(left, join)?;
    }
    Ok(left)
}

/// Both servers join at most 61 tables.
fn bound(tables: usize) -> Result<(), Unread> {
    if tables > TABLES_MAX {
        return Err(Unread::Limit {
            what: "tables in a FROM",
            limit: TABLES_MAX,
        });
    }
    Ok(())
}

const TABLES_MAX: usize = 64;

fn with_join(left: Source, join: ast::Join) -> Result<Source, Unread> {
    let ast::Join {
        relation,
        global,
        join_operator,
    } = join;
    if global {
        return unsupported("GLOBAL JOIN");
    }
    let crosses = matches!(join_operator, ast::JoinOperator::CrossJoin(_));
    let (kind, constraint) = operator(join_operator)?;
    let (on, using, natural) = match constraint {
        ast::JoinConstraint::None => {
            if kind != JoinKind::Inner {
                return unsupported("an outer join without a condition");
            }
            // `a JOIN b JOIN c ON x`: to the servers the first JOIN goes to the very left, and x
            // sees all three.
            if let ast::TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } = relation
            {
                if crosses {
                    return Ok(plain_join(left, joined(*table_with_joins)?));
                }
                let ast::TableWithJoins { relation, joins } = *table_with_joins;
                bound(joins.len())?;
                let first = plain_join(left, factor(relation)?);
                return joins.into_iter().try_fold(first, with_join);
            }
            (None, Vec::new(), false)
        }
        ast::JoinConstraint::Natural => (None, Vec::new(), true),
        ast::JoinConstraint::On(condition) => {
            (Some(Box::new(expression(condition)?)), Vec::new(), false)
        }
        ast::JoinConstraint::Using(columns) => (None, using(columns)?, false),
    };
    Ok(Source::Join {
        left: Box::new(left),
        right: Box::new(factor(relation)?),
        kind,
        on,
        using,
        natural,
    })
}

fn plain_join(left: Source, right: Source) -> Source {
    Source::Join {
        left: Box::new(left),
        right: Box::new(right),
        kind: JoinKind::Inner,
        on: None,
        using: Vec::new(),
        natural: false,
    }
}

fn using(columns: Vec<ast::ObjectName>) -> Result<Vec<String>, Unread> {
    columns
        .into_iter()
        .map(|column| match <[String; 1]>::try_from(path(column)?) {
            Ok([only]) => Ok(only),
            Err(_) => unsupported("a qualified name in USING"),
        })
        .collect()
}

fn operator(operator: ast::JoinOperator) -> Result<(JoinKind, ast::JoinConstraint), Unread> {
    match operator {
        ast::JoinOperator::Join(constraint)
        | ast::JoinOperator::Inner(constraint)
        | ast::JoinOperator::CrossJoin(constraint)
        | ast::JoinOperator::StraightJoin(constraint) => Ok((JoinKind::Inner, constraint)),
        ast::JoinOperator::Left(constraint) | ast::JoinOperator::LeftOuter(constraint) => {
            Ok((JoinKind::Left, constraint))
        }
        ast::JoinOperator::Right(constraint) | ast::JoinOperator::RightOuter(constraint) => {
            Ok((JoinKind::Right, constraint))
        }
        ast::JoinOperator::FullOuter(_)
        | ast::JoinOperator::Semi(_)
        | ast::JoinOperator::LeftSemi(_)
        | ast::JoinOperator::RightSemi(_)
        | ast::JoinOperator::Anti(_)
        | ast::JoinOperator::LeftAnti(_)
        | ast::JoinOperator::RightAnti(_)
        | ast::JoinOperator::CrossApply
        | ast::JoinOperator::OuterApply
        | ast::JoinOperator::AsOf { .. }
        | ast::JoinOperator::ArrayJoin
        | ast::JoinOperator::LeftArrayJoin
        | ast::JoinOperator::InnerArrayJoin => unsupported("this kind of JOIN"),
    }
}

fn factor(factor: ast::TableFactor) -> Result<Source, Unread> {
    match factor {
        table @ ast::TableFactor::Table { .. } => plain_table(table),
        ast::TableFactor::Derived {
            lateral,
            subquery,
            alias,
            sample,
        } => {
            if sample.is_some() {
                return unsupported("SAMPLE");
            }
            let (alias, columns) = table_alias(alias)?;
            Ok(Source::Derived {
                lateral,
                query: Box::new(query(*subquery)?),
                alias,
                columns,
            })
        }
        ast::TableFactor::NestedJoin {
            table_with_joins,
            alias,
        } => {
            if alias.is_some() {
                return unsupported("an alias of joined tables");
            }
            joined(*table_with_joins)
        }
        ast::TableFactor::JsonTable {
            json_expr,
            json_path: _,
            columns,
            alias,
        } => json_table(json_expr, columns, alias),
        ast::TableFactor::TableFunction { .. }
        | ast::TableFactor::Function { .. }
        | ast::TableFactor::UNNEST { .. }
        | ast::TableFactor::OpenJsonTable { .. }
        | ast::TableFactor::Pivot { .. }
        | ast::TableFactor::Unpivot { .. }
        | ast::TableFactor::UnpivotExpr { .. }
        | ast::TableFactor::MatchRecognize { .. }
        | ast::TableFactor::XmlTable { .. }
        | ast::TableFactor::SemanticView { .. } => unsupported("this form of a table in FROM"),
    }
}

fn plain_table(factor: ast::TableFactor) -> Result<Source, Unread> {
    let ast::TableFactor::Table {
        name: object,
        alias,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        // Which index is used changes no source.
        index_hints: _,
    } = factor
    else {
        return unsupported("this form of a table in FROM");
    };
    if args.is_some()
        || !with_hints.is_empty()
        || version.is_some()
        || with_ordinality
        || json_path.is_some()
        || sample.is_some()
    {
        return unsupported("this form of a table in FROM");
    }
    let (alias, columns) = table_alias(alias)?;
    if !columns.is_empty() {
        return unsupported("column aliases of a table");
    }
    Ok(Source::Table {
        name: path(object)?,
        alias,
        partitions: !partitions.is_empty(),
    })
}

fn json_table(
    value: ast::Expr,
    columns: Vec<ast::JsonTableColumn>,
    alias: Option<ast::TableAlias>,
) -> Result<Source, Unread> {
    let (Some(alias), renamed) = table_alias(alias)? else {
        return unsupported("JSON_TABLE without an alias");
    };
    if !renamed.is_empty() {
        return unsupported("column aliases of JSON_TABLE");
    }
    let mut names = Vec::new();
    json_columns(columns, &mut names)?;
    Ok(Source::Json {
        expression: Box::new(expression(value)?),
        columns: names,
        alias,
    })
}

fn json_columns(columns: Vec<ast::JsonTableColumn>, names: &mut Vec<String>) -> Result<(), Unread> {
    for column in columns {
        match column {
            ast::JsonTableColumn::Named(ast::JsonTableNamedColumn {
                name: column,
                r#type: _,
                path: _,
                exists: _,
                on_empty: _,
                on_error: _,
            })
            | ast::JsonTableColumn::ForOrdinality(column) => names.push(name(column)?),
            ast::JsonTableColumn::Nested(ast::JsonTableNestedColumn { path: _, columns }) => {
                json_columns(columns, names)?;
            }
        }
    }
    Ok(())
}

pub(super) fn table_alias(
    given: Option<ast::TableAlias>,
) -> Result<(Option<String>, Vec<String>), Unread> {
    match given {
        None => Ok((None, Vec::new())),
        Some(ast::TableAlias {
            explicit: _,
            name: table,
            columns,
            at,
        }) => {
            if at.is_some() {
                return unsupported("this form of alias");
            }
            Ok((Some(alias(table)?), column_aliases(columns)?))
        }
    }
}

pub(super) fn column_aliases(
    columns: Vec<ast::TableAliasColumnDef>,
) -> Result<Vec<String>, Unread> {
    columns
        .into_iter()
        .map(
            |ast::TableAliasColumnDef {
                 name: column,
                 data_type,
             }| match data_type {
                None => name(column),
                Some(_) => unsupported("a type of a column alias"),
            },
        )
        .collect()
}
