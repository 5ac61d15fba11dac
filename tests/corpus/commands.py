"""Entries of the corpus that are commands of the protocol, sent by hand."""

import struct

from wire import CAPABILITIES, MULTI_STATEMENTS, ServerError, Wire

_READ = "SELECT ssn, email FROM app.users"


def run(name, connect):
    """Tries one command and reads protected columns after it; gives (wire, refused)."""
    wire = connect(CAPABILITIES | (MULTI_STATEMENTS if name == "COM_SET_OPTION" else 0))
    refused = False
    try:
        _TRIES.get(name, _bare)(wire, name.removeprefix("COM_"))
    except ServerError:
        refused = True
    except (ConnectionError, TimeoutError):
        return wire, True
    try:
        wire.query(_READ)
    except (ServerError, ConnectionError, TimeoutError):
        pass
    return wire, refused


def _bare(wire, command):
    bodies = {"DROP_DB": b"app", "REFRESH": b"\x01", "SHUTDOWN": b"\0"}
    wire.command(command, bodies.get(command, b""))


def _init_db(wire, command):
    wire.command(command, b"app")
    wire.query("SELECT ssn FROM users")


def _set_option(wire, command):
    wire.command(command, struct.pack("<H", 0))
    wire.query("SELECT 1; DROP DATABASE app")


def _change_user(wire, command):
    wire.command(command, b"shop\0\0app\0\x2d\0mysql_native_password\0")


def _fetch(wire, _command):
    statement, _ = wire.prepare(_READ)
    wire.command("STMT_EXECUTE", struct.pack("<IBI", statement, 1, 1))
    wire.command("STMT_FETCH", struct.pack("<II", statement, 10))


_TRIES = {
    "COM_CHANGE_USER": _change_user,
    "COM_INIT_DB": _init_db,
    "COM_SET_OPTION": _set_option,
    "COM_STMT_FETCH": _fetch,
}
