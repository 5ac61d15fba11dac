"""The class of a statement, after the chapters of MySQL's manual, and what is aimed at."""

import re

# How many of a hundred accepted statements must be understood.
TARGETS = {
    "select": 99.5,
    "dml": 99.5,
    "ddl": 97.0,
    "explain": 98.0,
    "transaction": 98.0,
    "prepared": 98.0,
    "admin": 97.0,
    "procedural": 95.0,
}

_BLANK = re.compile(
    r"(?:\s+|\(|/\*M?!\d*|\*/|/\*(?!M?!).*?\*/|#[^\n]*\n?|--(?:[\s\x00-\x1f][^\n]*)?(?:\n|$))+", re.S
)
_WORD = re.compile(r"[A-Za-z_]+")

_BY_FIRST_WORD = {
    "select": "SELECT TABLE VALUES",
    "dml": "INSERT REPLACE UPDATE DELETE LOAD DO HANDLER IMPORT",
    "ddl": "CREATE ALTER DROP RENAME TRUNCATE",
    "explain": "EXPLAIN DESC DESCRIBE",
    "transaction": "BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE XA LOCK UNLOCK",
    "prepared": "PREPARE EXECUTE DEALLOCATE",
    "procedural": "CALL SIGNAL RESIGNAL GET IF WHILE FOR LOOP REPEAT CASE DECLARE RETURN",
}
_CLASS = {word: name for name, words in _BY_FIRST_WORD.items() for word in words.split()}

# What the first word alone does not tell: the first pattern that fits the first words decides.
_BY_MORE_WORDS = [
    (re.compile(pattern), name)
    for pattern, name in (
        (r"LOAD INDEX\b", "admin"),
        (r"(START|LOCK|UNLOCK) (SLAVE|REPLICA|GROUP_REPLICATION|ALL|INSTANCE)\b", "admin"),
        (r"BEGIN NOT\b", "procedural"),
        (r"(CREATE|ALTER|DROP|RENAME) (USER|ROLE|SERVER|RESOURCE)\b", "admin"),
        (r"(CREATE|ALTER) (PROCEDURE|FUNCTION|TRIGGER|EVENT|PACKAGE)\b", "procedural"),
        (r"DROP PREPARE\b", "prepared"),
        (r"ANALYZE (NO_WRITE_TO_BINLOG |LOCAL )?TABLES?\b", "admin"),
        (r"ANALYZE\b", "explain"),
    )
]
_OPTIONS = re.compile(
    r"\b(OR REPLACE|AGGREGATE|SQL SECURITY \w+|ALGORITHM ?= ?\w+"
    r"|DEFINER ?= ?(\w+( ?\( ?\))?|[`'\"][^`'\"]*[`'\"])( ?@ ?(\w+|[`'\"][^`'\"]*[`'\"]))?) ?"
)
_CHANGES_ROWS = re.compile(r"\b(UPDATE|DELETE)\b")


def class_of(statement):
    """The class of a statement; `admin` is all that no other chapter holds."""
    text = _plain(statement.decode(errors="replace"))
    for pattern, name in _BY_MORE_WORDS:
        if pattern.match(text):
            return name
    word = _WORD.match(text)
    word = word.group() if word else ""
    if word == "WITH":
        return "dml" if _CHANGES_ROWS.search(text) else "select"
    return _CLASS.get(word, "admin")


def _plain(text):
    """The first words in upper case, without comments and without what may stand between them."""
    text = text[_BLANK.match(text).end() :] if _BLANK.match(text) else text
    word = _WORD.match(text)
    first = word.group().upper() if word else ""
    length = None if first == "WITH" else 400
    words = re.sub(r"\s+", " ", _COMMENT.sub(" ", text[:length])).upper()
    return _OPTIONS.sub("", words) if first in ("CREATE", "ALTER") else words


_COMMENT = re.compile(r"/\*(?!M?!).*?\*/|/\*M?!\d*|\*/", re.S)
