"""The engine must find what is planted in recorded bytes, and pass what a mask may show."""

import datetime
import decimal
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

import answers  # noqa: E402
import exclusions  # noqa: E402
import findings  # noqa: E402
from canaries import Canaries  # noqa: E402
from compare import Difference, compare  # noqa: E402
from tally import Tally  # noqa: E402
from tap import Exchange, Journal  # noqa: E402
from wire import lenenc  # noqa: E402
from worker import without_protection  # noqa: E402

VARCHAR, LONG, DATETIME, NULL = 0xFD, 0x03, 0x0C, 0x06
EOF = b"\xfe\0\0\x02\0"
OK_END = b"\xfe\0\0\x02\0\0\0"


def packets(*payloads):
    return b"".join(
        struct.pack("<I", len(payload))[:3] + bytes([number + 1]) + payload
        for number, payload in enumerate(payloads)
    )


def definition(name, kind=VARCHAR, length=40):
    texts = b"".join(lenenc(text) for text in (b"def", b"lk", b"t", b"t", name.encode(), name.encode()))
    return texts + b"\x0c" + struct.pack("<HIBHBH", 45, length, kind, 0, 0, 0)


def text_row(*cells):
    return b"".join(b"\xfb" if cell is None else lenenc(cell) for cell in cells)


def result(rows, names=("id", "email"), end=OK_END, old=False):
    definitions = [definition(name) for name in names]
    before = [EOF] if old else []
    return packets(bytes([len(names)]), *definitions, *before, *(text_row(*row) for row in rows), end)


def answer(received, command=0x03):
    sent = bytearray(b"\x09\0\0\0" + bytes([command]) + b"\x07\0\0\0SELECT")
    return [Exchange(sent, bytearray(received))]


ROWS = [(b"1", b"a"), (b"2", b"b")]
ERROR = b"\xff\x15\x04#28000no"
DIFFERENT = {
    "a cell": (result(ROWS), result([(b"1", b"a"), (b"2", b"c")])),
    "NULL instead of a value": (result(ROWS), result([(b"1", b"a"), (b"2", None)])),
    "empty instead of NULL": (result([(b"1", b"")]), result([(b"1", None)])),
    "the order of rows": (result(ROWS), result(ROWS[::-1])),
    "one row more": (result(ROWS), result(ROWS[:1])),
    "a count of warnings": (result(ROWS), result(ROWS, end=b"\xfe\0\0\x02\0\x01\0")),
    "a status flag": (result(ROWS), result(ROWS, end=b"\xfe\0\0\x22\0\0\0")),
    "a name in a definition": (result(ROWS), result(ROWS, names=("id", "e"))),
    "rows instead of an error": (result(ROWS), packets(ERROR)),
    "an error after rows": (result(ROWS), result(ROWS, end=ERROR)),
    "another code": (packets(ERROR), packets(b"\xff\x16\x04#28000no")),
    "another text": (packets(ERROR), packets(b"\xff\x15\x04#28000nO")),
    "affected rows": (packets(b"\0\0\0\x02\0\0\0"), packets(b"\0\x01\0\x02\0\0\0")),
    "an info string": (packets(b"\0\0\0\x02\0\0\0"), packets(b"\0\0\0\x02\0\0\0\x01x")),
    "a last insert id": (packets(b"\0\0\x01\x02\0\0\0"), packets(b"\0\0\x02\x02\0\0\0")),
    "one result more": (result(ROWS), result(ROWS) + result(ROWS)),
    "nothing at all": (result(ROWS), b""),
    "a packet cut short": (result(ROWS), result(ROWS)[:-3]),
    "the old end of definitions": (result(ROWS, old=True), result(ROWS)),
}


@pytest.mark.parametrize("planted", DIFFERENT)
def test_finds_a_difference_in(planted):
    a, b = DIFFERENT[planted]
    assert compare(answer(a), answer(b)) is not None
    assert compare(answer(a), answer(a)) is None
    assert compare(answer(b), answer(b)) is None


def test_finds_another_course_of_commands():
    a = answer(result(ROWS))
    assert compare(a, a + a) is not None
    assert compare(a, answer(result(ROWS), command=0x17)) is not None


def pairs(*cells):
    return {(a, b): frozenset(names) for a, b, *names in cells}


def test_a_masked_cell_may_differ_as_its_column_does_elsewhere():
    a, b = result([(b"1", b"h-of-a")]), result([(b"1", b"h-of-b")])
    assert compare(answer(a), answer(b), pairs((b"h-of-a", b"h-of-b", "t.email"))) is None
    assert compare(answer(a), answer(b), pairs((b"h-of-a", b"h-of-c", "t.email"))) is not None
    assert compare(answer(a), answer(b), pairs((b"h-of-b", b"h-of-a", "t.email"))) is not None


def test_the_cells_of_a_column_differ_as_one_protected_column():
    a, b = result([(b"1", b"x"), (b"2", b"y")]), result([(b"1", b"p"), (b"2", b"q")])
    known = pairs((b"x", b"p", "t.email", "t.ssn"), (b"y", b"q", "t.ssn"))
    assert compare(answer(a), answer(b), known) is None
    known = pairs((b"x", b"p", "t.email"), (b"y", b"q", "t.ssn"))
    assert compare(answer(a), answer(b), known) is not None


def test_a_masked_value_may_not_make_a_definition_differ():
    a, b = result([(b"1", b"x")]), result([(b"1", b"p")], names=("id", "other"))
    assert compare(answer(a), answer(b), pairs((b"x", b"p", "t.email"))) is not None


def test_without_an_order_rows_are_a_multiset():
    a, b = answer(result(ROWS)), answer(result(ROWS[::-1]))
    assert compare(a, b, in_order=False) is None
    twice = answer(result([ROWS[0], ROWS[0]]))
    assert compare(a, twice, in_order=False) is not None
    assert compare(answer(result(ROWS[:1])), a, in_order=False) is not None


def test_rows_in_any_order_are_matched_one_to_one():
    known = pairs((b"x", b"p", "t.email"), (b"x", b"q", "t.email"), (b"y", b"p", "t.email"))
    a = answer(result([(b"1", b"x"), (b"1", b"y")]))
    b = answer(result([(b"1", b"p"), (b"1", b"q")]))
    assert compare(a, b, known, in_order=False) is None
    c = answer(result([(b"1", b"q"), (b"1", b"q")]))
    assert compare(a, c, known, in_order=False) is not None


def binary_result(kinds, rows, end=OK_END):
    definitions = [definition(f"c{place}", kind) for place, kind in enumerate(kinds)]
    return packets(bytes([len(kinds)]), *definitions, *rows, end)


def test_binary_rows_are_read_by_type():
    kinds = (LONG, VARCHAR, DATETIME, NULL)
    row = b"\0\x20" + struct.pack("<I", 7) + b"\x02hi" + b"\x04\xe8\x07\x01\x02"
    (table,) = answers.read(answer(binary_result(kinds, [row]), command=0x17))
    assert table.rows == [[b"\x07\0\0\0", b"hi", b"\xe8\x07\x01\x02", None]]


def test_rows_of_a_cursor_are_read_by_the_types_of_execute():
    opened = answer(packets(b"\x01", definition("c", LONG), b"\xfe\0\0\x42\0\0\0"), command=0x17)
    row = packets(b"\0\0" + struct.pack("<I", 9), OK_END)
    parts = answers.read(opened + answer(row, command=0x1C))
    assert parts[-1].rows == [[struct.pack("<I", 9)]]
    other = answer(packets(b"\0\0" + struct.pack("<I", 8), OK_END), command=0x1C)
    assert compare(opened + answer(row, command=0x1C), opened + other) is not None


def test_rows_of_a_cursor_are_one_multiset():
    opened = answer(packets(b"\x01", definition("c", LONG), b"\xfe\0\0\x42\0\0\0"), command=0x17)

    def fetched(*numbers):
        rows = [packets(b"\0\0" + struct.pack("<I", number), OK_END) for number in numbers]
        return opened + [exchange for row in rows for exchange in answer(row, command=0x1C)]

    assert compare(fetched(1, 2, 3), fetched(3, 1, 2), in_order=False) is None
    assert compare(fetched(1, 2, 3), fetched(3, 1, 2)) is not None
    assert compare(fetched(1, 2, 3), fetched(3, 1, 1), in_order=False) is not None


def test_a_row_with_bytes_left_over_cannot_be_read():
    with pytest.raises(answers.Undecodable):
        answers.read(answer(packets(b"\x01", definition("c"), b"\x01ab", OK_END)))


VALUES = [
    "ada.lovelace@corp.example",
    b"\xde\xad\xbe\xef\x01\x02\x03",
    4728119112,
    decimal.Decimal("-839171.25"),
    datetime.date(1987, 6, 23),
    datetime.datetime(1987, 6, 23, 14, 35, 56, 123456),
    datetime.timedelta(hours=13, minutes=45, seconds=26),
]
HIDDEN = {
    "clear": b"ada.lovelace@corp.example",
    "upper case": b"ADA.LOVELACE@CORP.EXAMPLE",
    "reversed": b"elpmaxe.proc@ecalevol.ada",
    "hex": b"6164612E6C6F76656C61636540636F72702E6578616D706C65",
    "base64": b"YWRhLmxvdmVsYWNlQGNvcnAuZXhhbXBsZQ==",
    "base64, one byte later": b"eGFkYS5sb3ZlbGFjZUBjb3JwLmV4YW1wbGU=",
    "base64, two bytes later": b"eHlhZGEubG92ZWxhY2VAY29ycC5leGFtcGxl",
    "UTF-16": "ada.lovelace@corp.example".encode("utf-16-be"),
    "bytes": b"\xde\xad\xbe\xef\x01\x02\x03",
    "hex of bytes": b"DEADBEEF010203",
    "a number": b"4728119112",
    "a number in hex": b"119d15f48",
    "a decimal": b"839171.25",
    "a decimal without its point": b"83917125",
    "a date": b"1987-06-23",
    "a date as a number": b"19870623",
    "a time of day": b"14:35:56",
    "a time": b"13:45:26",
}


@pytest.mark.parametrize("form", HIDDEN)
def test_finds_a_protected_value_as(form):
    canaries = Canaries(VALUES)
    assert canaries.find(b"before " + HIDDEN[form] + b" after") is not None
    assert canaries.find(b"before " + HIDDEN[form][1:-1:2] + b" after") is None


def test_what_stands_anywhere_by_chance_is_no_canary():
    canaries = Canaries([123456, 7, "abc", decimal.Decimal("1000.00"), 1000.0])
    assert canaries.find(b"CRC32 = 65432105, 123456 and abc 1000.00 " + struct.pack("<d", 1000.0)) is None


def test_what_the_client_sent_itself_is_no_find():
    canaries = Canaries(VALUES)
    assert canaries.find(b"near 'ada.lovelace@corp.example'", sent=b"ADA.lovelace@corp.example") is None
    assert canaries.find(b"ada.lovelace@corp.example", sent=b"SELECT 1") is not None


def test_what_one_world_alone_holds_is_told_from_what_both_hold():
    canaries = Canaries(VALUES[:2], VALUES[1:])
    assert canaries.find(b"ada.lovelace@corp.example", is_same=True) is None
    assert canaries.find(b"ada.lovelace@corp.example", is_same=False) is not None
    assert canaries.find(b"deadbeef010203", is_same=True) is not None


def test_what_stands_open_as_well_is_no_canary():
    canaries = Canaries(VALUES)
    canaries.leave_out([datetime.date(1987, 6, 23)])
    assert canaries.find(b"1987-06-23") is None
    assert canaries.find(b"ada.lovelace@corp.example") is not None


def test_what_a_server_puts_for_all_that_is_too_large_is_no_canary():
    canaries = Canaries([datetime.timedelta(hours=838, minutes=59, seconds=59), datetime.timedelta(hours=713, seconds=17)])
    assert canaries.find(b"-838:59:59") is None
    assert canaries.find(b"713:00:17") is not None


class Socket:
    """Gives what it is told to, as a TLS socket does."""

    def __init__(self, *chunks):
        self._chunks = list(chunks)

    def recv(self, _count):
        return self._chunks.pop(0)

    def recv_into(self, buffer, _count=0):
        chunk = self._chunks.pop(0)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def sendall(self, data):
        pass


def test_a_journal_keeps_every_byte_by_command():
    socket = Socket(b"one", b"two", b"three")
    journal = Journal(socket)
    socket.sendall(b"\x01\0\0\0\x03")
    socket.recv(10)
    socket.recv_into(bytearray(10))
    socket.sendall(b"\x01\0\0\0\x0e")
    socket.sendall(b"\x01\0\0\x01x")
    socket.recv(10)
    taken = journal.take()
    assert [(e.command, bytes(e.received)) for e in taken] == [(0x03, b"onetwo"), (0x0E, b"three")]
    assert journal.take() == []


def step(uses, provoked=False):
    return SimpleNamespace(sql=b"SELECT 1", send="text", uses=uses, provoked=provoked)


def test_refusals_of_what_should_be_allowed_are_counted():
    tally = Tally()
    refusal = (1142, "[POSTERN-INFLUENCE] protected `a.b` would steer")
    tally.take(step("output"), None, lambda _: True)
    tally.take(step("none"), (1054, "no such column"), lambda _: True)
    tally.take(step("output"), refusal, lambda _: True)
    # Not these: an attack, one that is meant to fail, one that the server would not take either.
    tally.take(step("influence"), refusal, lambda _: True)
    tally.take(step("output", provoked=True), refusal, lambda _: True)
    tally.take(step("output"), refusal, lambda _: False)
    assert tally.counts["countable"] == 3
    assert round(tally.allowed_share, 2) == 0.67


def test_a_policy_without_protection_keeps_its_rules():
    policy = '[[role]]\nname = "a"\n[[protect]]\nname = "b"\ncolumns = ["x.y.z"]\n[mask.m]\nkind = "null"\n'
    assert without_protection(policy) == '[[role]]\nname = "a"\n[mask.m]\nkind = "null"\n'


def excluded(sql, where="rows, in any order", ordered=False, exact=False):
    step = SimpleNamespace(sql=sql, ordered=ordered)
    schema = SimpleNamespace(exact=exact)
    return exclusions.find(exclusions.load(), schema, step, Difference(where, "", ""))


def test_a_limit_of_all_statements_is_a_limit():
    step = SimpleNamespace(sql=b"SELECT id FROM person", ordered=False)
    found = Difference("rows, in any order", "", "")
    indexed = SimpleNamespace(exact=False)
    assert exclusions.find(exclusions.load(), indexed, step, found, b"sql_select_limit") is not None
    assert exclusions.find(exclusions.load(), indexed, step, found) is None


def test_only_rows_without_an_order_over_an_index_are_left_out():
    sql = b"SELECT id FROM person LIMIT 2"
    assert excluded(sql) is not None
    assert excluded(sql, exact=True) is None
    assert excluded(sql, ordered=True) is None
    assert excluded(sql, where="error") is None
    assert excluded(sql, where="definition of column `id`") is None
    assert excluded(b"SELECT id FROM person") is None


def test_what_a_copy_is_defined_as_is_left_out_over_an_index_alone():
    definition = "definition of column `id`"
    for sql in (b"SELECT id FROM a JOIN b ON a.x = b.x", b"SELECT id FROM a GROUP  BY id ORDER BY id"):
        assert excluded(sql, where=definition) is not None
        assert excluded(sql, where=definition, ordered=True) is not None
        assert excluded(sql, where=definition, exact=True) is None
        assert excluded(sql, where="row 1, column `id`", ordered=True) is None
        assert excluded(sql, where="count of columns") is None
    assert excluded(b"SELECT id FROM joined WHERE grouped = 1", where=definition) is None


def test_what_follows_from_the_order_in_which_rows_are_found_is_left_out_over_an_index_alone():
    for sql, where in (
        (b"INSERT INTO a (x) SELECT y FROM b", "error"),
        (b"SELECT t.* FROM a JOIN b ORDER BY b.id = (SELECT MAX(b.id) FROM c)", "rows, in any order"),
        (b"SELECT d.* FROM (SELECT JSON_VALID(x) FROM b) d JOIN a", "end of the rows (warnings, status)"),
    ):
        assert excluded(sql, where=where) is not None
        assert excluded(sql, where=where, exact=True) is None
        assert excluded(sql, where="count of columns") is None
    assert excluded(b"SELECT RAND(2) FROM a ORDER BY id", where="row 1, column `x`", ordered=True) is not None
    digest = b"SELECT JSON_OBJECT('k', w, 'l', STATEMENT_DIGEST_TEXT('SELECT 1')) FROM a"
    assert excluded(digest, where="rows, in any order") is not None
    assert excluded(digest, where="rows, in any order", exact=True) is None
    assert excluded(b"SELECT id FROM a ORDER BY id", where="row 1, column `x`", ordered=True) is None
    warnings = SimpleNamespace(sql=b"SHOW WARNINGS", ordered=False)
    found = Difference("row 1, column `Message`", "", "")
    indexed = SimpleNamespace(exact=False)
    assert exclusions.find(exclusions.load(), indexed, warnings, found, b"INSERT INTO a SELECT 1") is not None
    assert exclusions.find(exclusions.load(), indexed, warnings, found, b"SELECT x FROM a") is None


def test_what_can_come_of_a_plan_does_so_over_any_schema():
    def hangs(sql, where="row 1, column `x`"):
        return exclusions.hangs_on_plan(exclusions.load(), SimpleNamespace(sql=sql), Difference(where, "", ""))

    assert hangs(b"SELECT SUM(a) OVER (PARTITION BY b ROWS UNBOUNDED PRECEDING) FROM t")
    assert hangs(b"SELECT JSON_OBJECTAGG(a, b) FROM t")
    # What is added up in another order is rounded otherwise.
    assert hangs(b"SELECT a, VAR_POP(b) FROM t GROUP BY a")
    assert hangs(b"SELECT a FROM t JOIN u ON t.a = u.a", where="definition of column `a`")
    assert not hangs(b"SELECT a FROM t WHERE a = 1", where="definition of column `a`")
    assert not hangs(b"SELECT SUM(a) OVER (PARTITION BY b) FROM t")
    assert not hangs(b"SELECT JSON_OBJECTAGG(a, b) FROM t", where="error")


def test_every_exclusion_stands_in_the_threat_model():
    text = " ".join((HERE.parents[1] / "docs/threat-model.md").read_text().split())
    for exclusion in exclusions.load():
        assert exclusion.name in text, exclusion.name


class Lockstep:
    """Finds something wrong wherever both of the telling steps are sent."""

    def __init__(self):
        self.sent = []

    def disconnect(self):
        pass

    def run(self, case):
        assert case.tables == ("t",)
        self.sent.append([step.sql for step in case.steps])
        seen = [SimpleNamespace(step=step, number=n, wrong=()) for n, step in enumerate(case.steps)]
        texts = [step.sql for step in case.steps]
        if b"SET" in texts and b"LEAK" in texts:
            seen = seen[: texts.index(b"LEAK") + 1]
            seen[-1].wrong = ("difference", Difference("error", "", ""))
        return seen


def case_of(*texts):
    return SimpleNamespace(steps=[SimpleNamespace(sql=text) for text in texts], tables=("t",))


def test_a_finding_is_confirmed_and_made_small():
    restored = []
    case = case_of(b"SELECT 1", b"SET", b"SELECT 2", b"LEAK", b"SELECT 3")
    seen, steps = findings.confirm(Lockstep(), case, lambda: restored.append(1))
    assert [step.sql for step in steps] == [b"SET", b"LEAK"]
    assert seen.step.sql == b"LEAK"
    assert restored


def test_a_finding_that_is_not_seen_again_is_told_as_such():
    assert findings.confirm(Lockstep(), case_of(b"LEAK"), lambda: None) is None


class Unsteady:
    """Both worlds answer with one of the same orders, or world B never as A does."""

    def __init__(self, *answers):
        self._answers = list(answers)

    def disconnect(self):
        pass

    def run(self, case):
        a, b = self._answers.pop(0)
        return [SimpleNamespace(exchanges=(a, b)) for _ in case.steps]

    @staticmethod
    def are_alike(_step, a, b):
        return a == b


@pytest.mark.parametrize(
    ("answers_seen", "is_steady"),
    [([("x", "y")] * 5, True), ([("x", "y")] * 4 + [("y", "z")], False), ([("x", "y")] * 4 + [("z", "z")], False)],
)
def test_only_what_always_differs_is_a_leak(answers_seen, is_steady):
    steps = [SimpleNamespace(sql=b"SELECT 1")]
    assert findings.is_steady(Unsteady(*answers_seen), steps, (), lambda: None) is is_steady


def test_what_differs_over_the_same_values_is_no_leak():
    class Same(Lockstep):
        def run(self, case):
            return [SimpleNamespace(wrong=()) for _ in case.steps]

    leak = case_of(b"SET", b"LEAK")
    assert findings.is_gone(Same(), leak.steps, leak.tables, lambda: None)
    assert not findings.is_gone(Lockstep(), leak.steps, leak.tables, lambda: None)
