"""Which columns of which tables a SELECT uses, in MySQL's own words: its plan and its rewriting."""

import json
import re

_NAME = r"`(?:[^`]|``)+`"
_TABLE = re.compile(rf"(?<![`.])({_NAME})\.({_NAME})(?!\.)(?: ({_NAME}))?")
# Columns that the server makes for itself: parts of functional indexes, document numbers.
_OWN_COLUMNS = re.compile(r"!hidden!|DB_ROW_ID$|FTS_DOC_ID$")

# Tables of the server's own, in a schema that the gateway never reads, and those that show them.
INNER_SCHEMAS = ("mysql", "information_schema")


def used_columns(plan):
    """Each table of a plan in format version 1: the name it has there, its columns, and whether it
    stands in the recursive part of a WITH, where the name may be that of the WITH itself."""
    return list(_walk(json.loads(plan), False))


def _walk(node, recursive):
    if isinstance(node, list):
        for child in node:
            yield from _walk(child, recursive)
    elif isinstance(node, dict):
        recursive = node.get("recursive", recursive)
        name = node.get("table_name")
        made = "materialized_from_subquery" in node or "table_function" in node
        if name and not made and not name.startswith("<"):
            columns = [c for c in node.get("used_columns", []) if not _OWN_COLUMNS.match(c)]
            yield name, columns, recursive
        for child in node.values():
            yield from _walk(child, recursive)


def tables_by_alias(rewritten, known):
    """For each alias of a rewritten statement the tables that it stands for."""
    found = {}
    for match in _TABLE.finditer(rewritten):
        schema, table, alias = (_unquote(part) if part else None for part in match.groups())
        schema = schema.lower() if schema.lower() in INNER_SCHEMAS else schema
        if (schema, table) in known or schema in INNER_SCHEMAS:
            found.setdefault(alias or table, set()).add((schema, table))
    return found


def _unquote(name):
    return name[1:-1].replace("``", "`")
