"""The bounds of `[limits]`: each holds, and says which one it was where the client can still read it."""

import drivers
import pymysql
import pytest
from test_leaving import ENDLESS
from wire import ServerError, Wire


def told(wire):
    """The error that the gateway sends by itself before it closes."""
    try:
        wire.receive_good()
    except ServerError as error:
        assert wire.is_closed()
        return error
    pytest.fail("no error")


def test_an_idle_session_is_told_so(own_gateway, mint):
    gateway = own_gateway(limits={"idle_seconds": 1}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        wire.query("SELECT 1")
        error = told(wire)
    assert error.code == 4031 and "[POSTERN-IDLE]" in error.text and "1 s" in error.text


def test_a_login_that_stalls_is_told_so(own_gateway, mint):
    gateway = own_gateway(limits={"login_seconds": 1}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        error = told(wire)
        assert error.code == 1159 and "[POSTERN-LOGIN-TIME]" in error.text
    with Wire(gateway.port, gateway.authority) as wire:
        wire.greeting()
        wire.start_tls()
        wire.send_login()
        assert wire.receive_good() == b"\x01\x04"
        error = told(wire)
        assert error.code == 1159 and "[POSTERN-LOGIN-TIME]" in error.text


def test_tls_that_stalls_takes_no_longer_than_a_login(own_gateway):
    gateway = own_gateway(limits={"login_seconds": 1}).start()
    with Wire(gateway.port) as wire:
        wire.greeting()
        wire.send(b"\x00\x0a\x00\x01" + b"\0" * 28)
        wire._socket.settimeout(5)
        assert wire.is_closed()


def test_a_statement_that_takes_too_long_is_stopped_and_the_session_goes_on(own_gateway, mint):
    gateway = own_gateway(limits={"statement_seconds": 1}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        with pytest.raises(ServerError, match="3024.*POSTERN-LIMIT"):
            wire.query(ENDLESS)
        assert wire.query("SELECT 1") == [[[b"1"]]]


def test_a_session_that_lasts_too_long_is_told_so(own_gateway, mint):
    gateway = own_gateway(limits={"session_seconds": 1}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        error = told(wire)
        assert error.code == 4031 and "[POSTERN-SESSION-TIME]" in error.text
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        with pytest.raises(ServerError, match="4031.*POSTERN-SESSION-TIME"):
            wire.query(ENDLESS)
        assert wire.is_closed()


def test_one_session_too_many_is_turned_away_with_the_error_of_servers(own_gateway, mint):
    gateway = own_gateway(limits={"sessions_max": 2}).start()
    with Wire(gateway.port) as one, Wire(gateway.port) as other:
        one.greeting()
        other.greeting()
        with pytest.raises(pymysql.err.OperationalError) as refused:
            drivers.pymysql_connect(gateway, mint.token())
    assert refused.value.args[0] == 1040 and "POSTERN-LIMIT" in refused.value.args[1]


def test_a_text_over_the_limit_is_refused_by_its_name_and_the_session_goes_on(own_gateway, mint):
    gateway = own_gateway(limits={"statement_bytes_max": 5000}).start()
    with Wire(gateway.port, gateway.authority) as wire:
        wire.login(mint.token())
        longest = "SELECT '" + "x" * (5000 - 9) + "'"
        assert len(longest) == 5000
        assert wire.query(longest) == [[[b"x" * (5000 - 9)]]]
        for command, text in (("QUERY", longest + " "), ("STMT_PREPARE", longest + " ")):
            with pytest.raises(ServerError) as refused:
                wire.command(command, text.encode())
            assert "POSTERN-LIMIT" in refused.value.text and "5000 bytes" in refused.value.text
        assert wire.query("SELECT 1") == [[[b"1"]]]
