"""Makes statements out of pieces at which lexers disagree: each in every SQL mode and character set."""

import json
from pathlib import Path

# The modes that change how bytes become tokens, alone and together.
MODES = [
    "",
    "ANSI_QUOTES",
    "NO_BACKSLASH_ESCAPES",
    "IGNORE_SPACE",
    "PIPES_AS_CONCAT",
    "HIGH_NOT_PRECEDENCE",
    "ANSI_QUOTES,NO_BACKSLASH_ESCAPES",
    "ANSI_QUOTES,IGNORE_SPACE,PIPES_AS_CONCAT",
]
# Every character set in which a client may send statements.
CHARSETS = ["utf8mb4", "utf8mb4", "utf8mb4", "utf8mb3", "ascii", "latin1", "binary"]

_CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "statements.jsonl"

_NUMBERS = """
1 0 00012 1.5 .5 1. 1e 1E 1e5 1E5 1e+5 1e-5 1e+ 1.e 1.e5 1.5e 1.5e+ 1.5e3 .5e .5e1 0x 0x1 0x1f 0x1F
0x1fg 0xzz 0xAA 0X1f 0XAB 0b 0b0 0b01 0b2 0b012 0B01 x'' x'1f' X'1F' x'1' x'zz' x'1f b'' b'01' B'1'
b'2' b'0 1a 12abc 1_2 1$ 1e5e 1e5x 0x1.5 1..2 1.2.3 .5.5 1.x 1.a1 1e.5 18446744073709551616 9e999
0.1e-9999 1$2 0$x 0_1 1e$ 1e_ 0x_ 0b_ 99999999999999999999999999999999999999999
""".split()
_STRINGS = [
    *"'a' \"a\" '' \"\" 'a''b' 'a\"b' \"a'b\"".split(" "),
    *"\"a\"\"b\" 'a' 'b' N'a' n'a' 'a\\'b' 'a\\\\' 'a\\".split(" "),
    "'a''b'''",
    "'a' 'b'",
    "'a'\n'b' \"c\"",
    "'a'/**/'b'",
    "'a'\"b\"",
    "\"a\" 'b'",
    "N 'a'",
    "N'a' 'b'",
    "n\"a\"",
    "'\\%\\_\\n\\t\\0\\Z\\b\\r\\q\\''",
    "'\\\\'",
    "'\\'",
    "\"\\\"\"",
    "'it''s \\'x\\' '",
    "_utf8mb4'a'",
    "_utf8mb4 'a' 'b'",
    "_UTF8MB4'a'",
    "_latin1'a'",
    "_latin1 x'e9'",
    "_binary'a'",
    "_binary 0x41",
    "_utf8mb4 0x41",
    "_utf8mb4 b'01000001'",
    "_ascii'a'",
    "_utf8 'a'",
    "_gbk'a'",
    "_sjis 'a' 'b'",
    "_big5 0x8141",
    "_ucs2 0x0041",
    "_ucs2 'ab'",
    "_utf16 x'00410042'",
    "_koi8r b'01000001'",
    "_latin2'\u00e9'",
    "_cp1251 'a\u00e9'",
    "_gbk'\\'",
    "_swe7'a'",
    "_gb18030 'a'",
    "_filename'a'",
    "_utf8mb4N'a'",
    "_utf8mb4 N'a'",
    "_foo'a'",
    "_foo 'a'",
    "_utf8mb4 a",
    "_utf8mb4/**/'a'",
    "x 'a'",
    "b '1'",
    "x'41' '42'",
    "'a' x'41'",
    "'-- no' '/* no */'",
    "'a\nb'",
    "'a\x00b'",
    "'a\x1a'",
    "q'[a]'",
    "E'a'",
]
_NAMES = [
    *"a `a` t.a t.`a` `t`.a `t`.`a` T.A a$b $a _a _".split(),
    *"__ a1 a_1 a$ t.1 t.1e5 t.0x41 t.0b1 `t`.1 .a t..a".split(),
    "t . a",
    "t. a",
    "t .a",
    "`a``b`",
    "`a",
    "``",
    "` `",
    "`a `",
    "t.select",
    "t.`select`",
    "t.x'1'",
    "t.b'1'",
    "t.n'1'",
    "\u00e9",
    "`\u00e9`",
    "a\u00a0b",
    "\u00a0a",
    "\u201ca\u201d",
    "\uff41",
    "`\U0001f600`",
    "\u3042\u3044",
    "a\u2028b",
    "a#b",
    "a--b",
    "a-- b",
    "select",
    "$$",
    "$a$ b $a$",
    "a@b",
    "a`b`",
    "`a`b",
    "`a`'b'",
    "a'b'",
    "a\"b\"",
    "1e.a",
    "test.t.a",
    "test.t.1",
    ".t.a",
]
_VARIABLES = [
    *"@a @`a` @'a' @\"a\" @a.b @a$b @_a".split(),
    *"@1 @1a @$ @. @a.1 @@sql_mode @@session.sql_mode @@`sql_mode`".split(),
    *"@@SESSION.`sql_mode` @@sql_mode.a @@1 @ @@ @@@".split(),
    *"@@a @@global.version @`a``b` @'a''b' @'a\\'b' @\u00e9".split(),
    "@ a",
    "@@ sql_mode",
    "@@session .sql_mode",
    "@@session. sql_mode",
    "@@session . sql_mode",
    "@@/**/sql_mode",
    "@/**/a",
    "@'a' 'b'",
    "@a:=1",
    "@a := 1",
    "@``",
    "@''",
    "@a@b",
    "'a'@'b'",
]
# Signs that stand together: where does one operator end?
_SIGNS = [a + b for a in "=<>!&|:-+~" for b in "=<>!&|:-+~"] + [
    a + b + c for a in "=<>!" for b in "=<>!" for c in "=<>!"
]
_OPERATORS = """
+ - * / % ^ | || & && = <=> != <> < <= > >= << >> , -> ->> AND OR XOR DIV MOD LIKE := = = < = > < > ! = <
=> & & | | - - -- --- +- -+ *- ~ ! !! NOT IS BETWEEN IN RLIKE REGEXP COLLATE
""".split()
_WHOLE = [
    "NULL",
    "TRUE",
    "\\N",
    "\\n",
    "?",
    "? ?",
    "?a",
    "a?",
    "1?",
    "(1)",
    "(1,2)",
    "()",
    "{d '2020-01-01'}",
    "{fn now()}",
    "{ts1 1}",
    "{",
    "}",
    "[1]",
    ":a",
    ":=",
    ";",
    "1;",
    "1; ",
    ";1",
    "now()",
    "now ()",
    "now/**/()",
    "count(*)",
    "count (*)",
    "count(1)",
    "count\n(1)",
    "concat('a','b')",
    "concat ('a','b')",
    "concat/*x*/('a','b')",
    "abs(-1)",
    "abs (-1)",
    "substr('abc',2)",
    "substr ('abc',2)",
    "nosuch(1)",
    "nosuch (1)",
    "if(1,2,3)",
    "if (1,2,3)",
    "left('ab',1)",
    "left ('ab',1)",
    "now",
    "date '2020-01-01'",
    "date'2020-01-01'",
    "timestamp'2020-01-01 00:00:00'",
    "time '10:00:00'",
    "interval(1,2)",
    "binary 'a'",
    "binary'a'",
    "cast(1 as char)",
    "cast (1 as char)",
    "not 1",
    "not 1 between 2 and 3",
    "! 1",
    "!1",
    "1 or 2",
    "'a'||'b'",
    "1||0",
    "j->'$.a'",
    "j->>'$.a'",
    "j -> '$.a'",
    "j- >'$.a'",
    "\x01",
    "\x00",
    "\x7f",
    "1\x00",
    "a\x00b",
    "1\x00, 2",
    "1..2",
    "a..b",
    "a=!a",
    "a =!! a",
    "\u0085",
    "\u3000",
    "1\u30002",
]
_BLANKS = [
    *" \t\n\r\v\f",
    "  ",
    "\r\n",
    "/**/",
    "/* x */",
    "/*x*/",
    "/*/ x /*/",
    "/* ' */",
    "/* /* */",
    "/* -- \n */",
    "/***/",
    "/*\n*/",
    "/* */ */",
    "-- x\n",
    "--\n",
    "--\tx\n",
    "--\x01x\n",
    "--\x00\n",
    "--\x7fx\n",
    "-- '\n",
    "-- x\r",
    "--x\n",
    "--\u00a0x\n",
    "--\u0085x\n",
    "#x\n",
    "#\n",
    "# '\n",
    "#x\r\n",
    "\u00a0",
    "/*!*/",
    "/*! */",
    "/*!50000 */",
    "/*!99999 */",
    "/*M! */",
    "/*! /* x */ */",
    "/*",
    "/* x",
    "-- \u00e9\n",
    "/* \u00e9 */",
    "\x1a",
]
_EXECUTED = [
    "/*! %s */",
    "/*!%s*/",
    "/*!50000 %s */",
    "/*!50000%s*/",
    "/*!40101 %s*/",
    "/*!00000 %s */",
    "/*!50699 %s */",
    "/*!50700 %s */",
    "/*!80000 %s */",
    "/*!90700 %s */",
    "/*!99999 %s */",
    "/*M! %s */",
    "/*M!100100 %s */",
    "/*M!999999 %s */",
    "/*M!50000 %s */",
    "/*!100100 %s */",
    "/*!080000 %s */",
    "/*!500 %s */",
    "/*!5000 %s */",
    "/*!50000/**/ %s */",
    "/*! %s",
    "/* ! %s */",
    "/*m! %s */",
    "/*!M %s */",
    "/*+ %s */",
    "/*+ NO_ICP(t) */ %s",
    "/*+ MAX_EXECUTION_TIME(1000) */ %s",
]
_AROUND_BLANKS = ["SELECT%s1", "SELECT 1%s", "SELECT 1%s+1", "SELECT a%s,1 FROM t", "%sSELECT 1"]
_TERMS = [_NUMBERS, _STRINGS, _NAMES, _VARIABLES, _WHOLE]


def generated(random, count):
    """Pairs of a text and whether it may be run: of each piece alone, and of mixtures."""
    pieces = [piece for group in _TERMS for piece in group]
    for piece in pieces:
        yield f"SELECT {piece}"
        yield f"SELECT {piece} FROM t"
    for sign in _SIGNS:
        yield f"SELECT 1{sign}2"
        yield f"SELECT a{sign}1, a FROM t"
        yield f"SELECT NOT{sign}1"
    for blank in _BLANKS:
        for pattern in _AROUND_BLANKS:
            yield pattern % blank
        yield f"SELECT abs{blank}(1)"
        yield f"SELECT 'a'{blank}'b'"
        yield f"SELECT t{blank}.{blank}a FROM t"
    for shape in _EXECUTED:
        for content in ("", "1", ", 2", "+ 1", "-- x\n", "'*/'", "'", "; ", "/* y */ + 1", "x"):
            yield "SELECT 3 " + shape % content
            yield "SELECT 3" + shape % content + " FROM t"
    for _ in range(count):
        yield _mixture(random)


def _mixture(random):
    parts = ["SELECT", random.choice(_BLANKS[:12])]
    for number in range(random.randint(1, 3)):
        if number:
            between = random.choice([",", ",", random.choice(_OPERATORS)])
            parts += [_blank(random), between, _blank(random)]
        parts.append(random.choice(random.choice(_TERMS)))
        if random.random() < 0.3:
            parts += [_blank(random), random.choice(random.choice(_TERMS))]
    text = "".join(parts)
    if random.random() < 0.15:
        text = text.replace(" ", random.choice(_BLANKS), 1)
    if random.random() < 0.1:
        at = random.randint(7, len(text))
        text = text[:at] + random.choice(_EXECUTED) % text[at:]
    if random.random() < 0.3:
        text += random.choice([" FROM t", "FROM t", " FROM`t`", "\nFROM t -- x", " FROM t;"])
    return text


def _blank(random):
    return random.choice(["", "", " ", " ", random.choice(_BLANKS)])


def encoded(random, text, charset):
    """The bytes of a text in that character set, and sometimes of one that is not in it."""
    if charset == "latin1":
        return text.encode("latin1", errors="replace")
    raw = text.encode()
    if charset == "binary" and not raw.isascii():
        return raw.replace(b"\xc2", b"") if random.random() < 0.5 else raw
    if not raw.isascii() and random.random() < 0.1:
        return raw[:-1] if raw[-1] >= 0x80 else raw.replace(b"\xc2", b"\xff", 1)
    return raw


def corpus():
    """The statements of the attack corpus, as bytes."""
    for line in _CORPUS.read_bytes().split(b"\n"):
        if line.strip():
            entry = json.loads(line)
            exact = entry.get("sql_hex") or [None] * len(entry["sql"])
            for text, digits in zip(entry["sql"], exact, strict=True):
                yield bytes.fromhex(digits) if digits else text.encode()
