"""A target that answers with what no server should: the session that asked ends or fails, and nothing else does."""

import struct

import pytest
import shop
from gateway import Gateway
from lying_target import LyingTarget, column, end, err, ok, packets, row
from wire import ServerError, Wire

ASKED = "SELECT id, 'lie:{}' FROM shop.orders"
MASKED = "SELECT email, 'lie:{}' FROM shop.customers"
MORE_RESULTS = 0x0008

ORDERS = (b"\2", column("id", "orders", "shop"), column("x"))
CUSTOMERS = (b"\2", column("email", "customers", "shop"), column("x"))
FIRST = row(b"1", b"x")


def lenenc_count(number):
    return b"\xfe" + struct.pack("<Q", number)


# By what each does wrong: the bytes that come in place of an answer; `None` closes the connection.
LIES = {
    # Counts and lengths.
    "says_more_columns_than_come": [packets(b"\5", *ORDERS[1:], end())],
    "says_fewer_columns_than_come": [packets(b"\1", *ORDERS[1:], FIRST, end())],
    "says_that_no_column_comes": [packets(b"\xfc\0\0")],
    "says_that_2_to_the_60_columns_come": [packets(lenenc_count(1 << 60))],
    "says_a_count_with_something_behind_it": [packets(b"\2\0", *ORDERS[1:], FIRST, end())],
    "defines_a_column_shorter_than_it_says": [packets(b"\2", b"\3def\x50", ORDERS[2], FIRST, end())],
    "gives_an_empty_packet": [packets(b"")],
    "gives_an_ok_that_is_cut": [packets(b"\0")],
    "gives_an_ok_whose_lengths_lie": [packets(b"\0\xfe\xff")],
    "gives_an_error_that_is_cut": [packets(b"\xff")],
    "gives_an_end_that_is_cut": [packets(*ORDERS, FIRST, b"\xfe\0")],
    "tells_of_a_changed_session_in_lengths_that_lie": [packets(b"\0\0\0" + struct.pack("<HH", 0x4002, 0) + b"\0\x20\0\5ab")],
    # Order.
    "numbers_its_first_packet_wrongly": [packets(ok(), first=7)],
    "numbers_its_definitions_wrongly": [packets(*ORDERS[:2]), packets(ORDERS[2], FIRST, end(), first=9)],
    "ends_its_definitions_the_old_way": [packets(*ORDERS, b"\xfe\0\0\2\0", FIRST, b"\xfe\0\0\2\0")],
    "begins_with_the_end": [packets(end())],
    "asks_for_another_login": [packets(b"\xfemysql_clear_password\0abcdefghijklmnopqrst\0")],
    "asks_for_a_file": [packets(b"\xfb/etc/passwd")],
    "reports_progress": [packets(b"\xff\xff\xff\1\1\1\0\0\0\5abcde", ok())],
    # What the statement does not have.
    "gives_an_ok_in_the_place_of_rows": [packets(ok())],
    "says_that_another_result_follows": [packets(*ORDERS, FIRST, end(MORE_RESULTS))],
    "gives_results_without_end": [packets(*ORDERS, FIRST, end(MORE_RESULTS)) * 1000],
    "gives_other_columns": [packets(b"\2", column("email", "customers", "shop"), ORDERS[2], FIRST, end())],
    "says_that_a_cursor_is_open": [packets(*ORDERS, end(0x0042))],
    "says_that_its_mode_is_another": [packets(*ORDERS, FIRST, end(0x0202))],
    # Half of it.
    "closes_at_once": [None],
    "closes_within_a_packet": [b"\x20\0\0\1abc", None],
    "closes_within_the_definitions": [packets(*ORDERS[:2]), None],
    "closes_within_the_rows": [packets(*ORDERS, FIRST), None],
}

MASKED_LIES = {
    "gives_a_masked_row_that_is_short": [packets(*CUSTOMERS, row(b"ada@corp.example"), end())],
    "gives_a_masked_row_that_is_long": [packets(*CUSTOMERS, row(b"ada@corp.example", b"x", b"y"), end())],
    "gives_a_masked_row_whose_lengths_lie": [packets(*CUSTOMERS, b"\x50ada@corp.example", end())],
    "gives_a_masked_row_that_is_empty": [packets(*CUSTOMERS, b"", end())],
    "gives_a_file_request_in_place_of_a_masked_row": [packets(*CUSTOMERS, b"\xfb/etc/passwd", end())],
    "numbers_a_masked_row_wrongly": [packets(*CUSTOMERS), packets(row(b"ada@corp.example", b"x"), end(), first=99)],
}

PREPARED_LIES = {
    "prepares_more_than_there_is": [packets(b"\0" + struct.pack("<IHHBH", 9, 65535, 65535, 0, 0))],
    "prepares_in_a_packet_that_is_cut": [packets(b"\0" + struct.pack("<IH", 9, 1))],
    "prepares_with_rows": [packets(*ORDERS, FIRST, end())],
    "prepares_with_a_plain_ok": [packets(ok())],
}

ERRORS = {
    "fails_within_the_definitions": [packets(*ORDERS[:2], err())],
    "fails_within_the_rows": [packets(*ORDERS, FIRST, err())],
}

AGAIN = {"answers_twice": [packets(*ORDERS, FIRST, end()) + packets(*ORDERS, FIRST, end())]}


@pytest.fixture(scope="module")
def lied_to(server, mint, authority, tmp_path_factory):
    """A gateway before a target that lies, whose log is whole in the end."""
    lies = LIES | MASKED_LIES | PREPARED_LIES | ERRORS | AGAIN
    target = LyingTarget(server, authority, lies)
    folder = tmp_path_factory.mktemp(f"lied-to-{server.kind}")
    limits = {"statement_seconds": 1, "drain_seconds": 1}
    gateway = Gateway(folder, target, authority, mint, shop.POLICY, limits=limits)
    try:
        yield gateway.start()
        assert gateway.stop() == 0
        assert gateway.command("audit", "verify").returncode == 0
    finally:
        gateway.stop()
        target.stop()


@pytest.fixture
def asking(lied_to, mint):
    """A session; another one that was there before goes on, whatever it is told."""
    with Wire(lied_to.port, lied_to.authority) as before:
        before.login(mint.token())
        with Wire(lied_to.port, lied_to.authority) as wire:
            yield wire.login(mint.token())
        assert before.query("SELECT 1") == [[[b"1"]]]
    assert lied_to.is_running()
    assert "panicked" not in "\n".join(lied_to.log)


def check_fails(wire, ask):
    """It fails with a clear error or an end, and shows nothing that is protected."""
    with pytest.raises((ServerError, ConnectionError)):
        ask()
        # Rows that were passed on before it was noticed are told apart by what comes next.
        wire.query("SELECT 2")
    for secret in (*shop.PROTECTED, b"/etc/passwd"):
        assert secret not in wire.received


@pytest.mark.parametrize("lie", LIES)
def test_a_target_that(lie, asking):
    check_fails(asking, lambda: asking.query(ASKED.format(lie)))


@pytest.mark.parametrize("lie", MASKED_LIES)
def test_beside_protected_columns_a_target_that(lie, asking):
    check_fails(asking, lambda: asking.query(MASKED.format(lie)))


@pytest.mark.parametrize("lie", PREPARED_LIES)
def test_a_target_that_when_asked_to_prepare(lie, asking):
    check_fails(asking, lambda: asking.prepare(ASKED.format(lie)))


@pytest.mark.parametrize("lie", ERRORS)
def test_an_error_ends_the_statement_alone_of_a_target_that(lie, asking):
    with pytest.raises(ServerError) as failed:
        asking.query(ASKED.format(lie))
    assert failed.value.code == 1317
    assert asking.query("SELECT 1") == [[[b"1"]]]


def test_what_comes_behind_an_answer_is_not_the_next_one(asking):
    """It ends the session, at the latest when the client asks again."""
    check_fails(asking, lambda: asking.query(ASKED.format("answers_twice")))
    assert asking.is_closed()
