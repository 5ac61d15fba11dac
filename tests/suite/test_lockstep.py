"""The parts of the lockstep runner: what a file sends on which connection, and what counts as a difference."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import lockstep  # noqa: E402
import mysqltest  # noqa: E402
from mysqltest import Switch  # noqa: E402
from verdicts import Answer, Result, Tally, difference, reason  # noqa: E402

ROWS = Answer((Result((b"a",), ((b"1",), (b"2",))),))
REFUSED = Answer(code=1235, text="[POSTERN-UNREAD] `x` at byte 7 is not supported")


def steps(tmp_path, text):
    path = tmp_path / "a.test"
    path.write_text(text)
    return list(mysqltest.steps(path, tmp_path))


def test_a_file_names_the_connection_of_each_statement(tmp_path):
    text = "SELECT 1;\nconnect (con1,localhost,root,,shop);\nSELECT 2;\n--connection default\nSELECT 3;\ndisconnect con1;\n"
    assert steps(tmp_path, text) == [
        b"SELECT 1",
        Switch("connect", "con1", "shop"),
        b"SELECT 2",
        Switch("connection", "default"),
        b"SELECT 3",
        Switch("disconnect", "con1"),
    ]


def test_files_that_are_taken_in_bring_their_connections(tmp_path):
    (tmp_path / "b.inc").write_text("--connection con2\nSELECT 2;\n")
    assert steps(tmp_path, "SELECT 1;\n--source b.inc\n") == [b"SELECT 1", Switch("connection", "con2"), b"SELECT 2"]


def test_a_connection_whose_name_is_computed_is_left_out(tmp_path):
    assert [step for step in steps(tmp_path, "connection $name;\nSELECT 1;\n") if step] == [b"SELECT 1"]


def test_statements_alone_are_a_script(tmp_path):
    (tmp_path / "a.test").write_text("connect (con1,localhost,root);\nSELECT 1;\n")
    assert list(mysqltest.script(tmp_path / "a.test", tmp_path)) == [b"SELECT 1"]


def test_routines_are_named_with_their_schema():
    scripts = [("a", [b"CREATE PROCEDURE p() SELECT 1", Switch("connection", "x")])]
    scripts += [("b", [b"create or replace function `o`.f() returns int return 1", b"SELECT 1"])]
    assert lockstep._routines(scripts) == ["`o`.`f`", "`test`.`p`"]


def test_the_same_is_no_difference_whatever_the_order_of_rows():
    turned = Answer((Result((b"a",), ((b"2",), (b"1",))),))
    assert difference(b"SELECT a FROM t", ROWS, turned) is None
    error = Answer(code=1062, text="Duplicate entry in 127.0.0.1")
    assert difference(b"INSERT", error, error) is None


@pytest.mark.parametrize(
    "through, how",
    [
        (Answer((Result((b"a",), ((b"1",), (b"1",))),)), "other rows"),
        (Answer((Result((b"b",), ((b"1",), (b"2",))),)), "other columns"),
        (Answer((Result((b"a",), ((b"1",), (b"2",)), 0, 1),)), "another count of warnings"),
        (Answer((Result((b"a",), ((b"1",), (b"2",)), 3),)), "another count of changed rows"),
        (Answer(ROWS.results * 2), "another number of results"),
        (Answer(), "another number of results"),
        (Answer(code=1064, text="no"), "error 1064 instead of none"),
        (Answer(text="gone", lost=True), "lost session"),
    ],
)
def test_each_way_to_differ_is_found(through, how):
    assert difference(b"SELECT a FROM t", ROWS, through) == how


def test_another_text_of_the_same_error_differs():
    one, other = Answer(code=1146, text="no table a"), Answer(code=1146, text="no table b")
    assert difference(b"SELECT", one, other) == "other text of error 1146"


def test_values_of_the_moment_may_differ_and_columns_may_not():
    other = Answer((Result((b"a",), ((b"3",),)),))
    assert difference(b"SELECT NOW() AS a", ROWS, other) is None
    assert difference(b"SELECT NOW() AS a", ROWS, Answer((Result((b"b",), ()),))) == "other columns"


def test_refusals_of_one_reason_count_as_one():
    tally = Tally()
    for name in ("x", "y"):
        text = f"[POSTERN-UNREAD] a literal, `{name}`, at byte {len(name) + 8} is not supported"
        tally.refused("f", name.encode(), Answer(code=1235, text=text))
    (found,) = tally.report()["found"]
    assert (found["token"], found["count"], len(found["samples"])) == ("POSTERN-UNREAD", 2, 2)
    assert tally.counts["refused"] == 2


def test_a_refusal_is_told_from_an_error_of_the_server():
    assert REFUSED.refusal == "POSTERN-UNREAD"
    assert Answer(code=1235, text="no").refusal is None


def test_a_reason_keeps_what_is_refused_and_drops_names():
    assert reason("unknown table shop.orders; SET a to 5") == "unknown table … SET a to N"
    assert reason("[POSTERN-UNREAD] `handler` is not supported") == "[POSTERN-UNREAD] `handler` is not supported"
    assert reason("reading `@@server_id` is not; by rule `x`") == "reading `@@server_id` is not; by rule `…`"


class _Way:
    """A way to a server that answers as told, and keeps what it was sent."""

    def __init__(self, answer, takes=True):
        self.answer, self._takes, self.sent = answer, takes, []

    def send(self, statement):
        self.sent.append(statement)
        return self.answer

    def takes(self, _):
        return self._takes

    def close(self):
        pass


class _Pair:
    kind = "mysql"

    def __init__(self, direct, through):
        self.ways = direct, through

    def clear(self):
        pass

    def connect(self, _):
        return self.ways


def run(direct, through, statement=b"SELECT a FROM t"):
    tally = Tally()
    lockstep.File(_Pair(direct, through), "f", tally).run([statement])
    return dict(tally.counts)


def test_what_is_refused_is_not_sent_directly():
    direct = _Way(ROWS)
    assert run(direct, _Way(REFUSED)) == {"refused": 1}
    assert direct.sent == []


def test_what_is_refused_behind_others_is_sent_directly_as_well():
    through = _Way(Answer(ROWS.results, code=1146, text="[POSTERN-UNKNOWN-NAME] unknown table test.t"))
    assert run(_Way(Answer(ROWS.results, code=1146, text="no table")), through)["same"] == 1
    assert run(_Way(ROWS), through) == {"differs": 1}


def test_what_both_refuse_is_the_same():
    assert run(_Way(ROWS, takes=False), _Way(REFUSED)) == {"same": 1, "of these errors both ways": 1}


def test_an_unknown_name_is_looked_for_where_the_statement_runs():
    unknown = Answer(code=1146, text="[POSTERN-UNKNOWN-NAME] unknown table test.t")
    direct = _Way(Answer(code=1051, text="unknown table"))
    assert run(direct, _Way(unknown), b"DROP TABLE t") == {"same": 1, "of these errors both ways": 1}
    assert run(_Way(Answer()), _Way(unknown), b"DROP TABLE t") == {"refused": 1}


def test_a_lost_session_is_counted_apart():
    assert run(_Way(ROWS), _Way(Answer(lost=True))) == {"lost": 1}


def test_what_would_harm_a_server_is_sent_to_neither():
    direct, through = _Way(ROWS), _Way(ROWS)
    assert run(direct, through, b"SHUTDOWN") == {"left out": 1}
    assert direct.sent == through.sent == []
