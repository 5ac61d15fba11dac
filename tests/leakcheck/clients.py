"""Real clients whose every byte is kept: PyMySQL for text, Connector/Python for prepared, one by hand for cursors."""

import decimal
import functools
import socket
import ssl
import struct

import mysql.connector
import mysql.connector.errors
import pymysql
from pymysql.constants import CLIENT

from tap import Journal
from wire import CAPABILITIES, COM, MULTI_STATEMENTS, ServerError, Wire, lenenc

# What the libraries raise where a session cannot be used on.
BROKEN = (pymysql.err.MySQLError, mysql.connector.errors.Error, ServerError, OSError, LookupError, struct.error)
SECONDS = 60
_FETCH_ROWS = 3


class Lost(Exception):
    """The connection is gone."""


def client_for(case):
    """The kind of client that can send all steps of a case over one connection."""
    ways = {step.send for step in case.steps}
    if "cursor" in ways:
        return "raw"
    return "connector" if "prepared" in ways else "pymysql"


def connect(kind, port, authority, token, database):
    """A connection of that kind, logged in, its journal empty."""
    client = {"pymysql": _PyMysql, "connector": _Connector, "raw": _Raw}[kind]
    return client(port, str(authority), token, database)


class _PyMysql:
    """COM_QUERY, as PyMySQL sends it."""

    def __init__(self, port, authority, token, database):
        self._connection = pymysql.connect(
            host="127.0.0.1",
            port=port,
            user="shop",
            password=token,
            database=database,
            ssl=_trust(authority),
            charset="utf8mb4",
            use_unicode=False,  # PyMySQL takes a vector for ASCII
            autocommit=None,
            read_timeout=SECONDS,
            client_flag=CLIENT.MULTI_STATEMENTS,
        )
        # What a client makes of a value is the matrix of drivers' business, and costs time here.
        self._connection.decoders = {}
        # Nor is it what it makes of names in a character set that it did not ask for.
        self._connection.encoding = "latin1"
        self.journal = Journal(self._connection._sock)

    def send(self, step):
        self._text(step.sql)

    def _text(self, sql):
        try:
            self._connection.query(sql)
            while self._connection._result.has_next:
                self._connection.next_result()
        except pymysql.err.MySQLError as error:
            if not error.args or error.args[0] in (0, 2006, 2013):
                raise Lost(str(error)) from None
        except (LookupError, ValueError, struct.error):
            # An answer that the library cannot read; its bytes are kept all the same.
            raise Lost("PyMySQL could not read the answer") from None

    def reset(self, database):
        self._connection._execute_command(COM["RESET_CONNECTION"], b"")
        self._connection._read_ok_packet()
        self._connection.select_db(database)

    def close(self):
        self._connection._force_close()


class _Connector:
    """COM_STMT_PREPARE and EXECUTE, and COM_QUERY between them, as Connector/Python (pure) sends them."""

    def __init__(self, port, authority, token, database):
        self._connection = mysql.connector.connect(
            host="127.0.0.1",
            port=port,
            user="shop",
            password=token,
            database=database,
            ssl_ca=authority,
            use_pure=True,
            # As the server has it: an open transaction would keep the data from being restored.
            autocommit=True,
            connection_timeout=SECONDS,
        )
        self.journal = Journal(self._connection._socket.sock)
        self._receive = self._connection._socket.recv
        self._connection._socket.recv = self._received

    def _received(self, *arguments, **options):
        """A packet; the library itself would wait for ever for the end of rows that an error ended."""
        packet = self._receive(*arguments, **options)
        if packet[4] == 0xFF:
            raise mysql.connector.errors.get_exception(packet)
        return packet

    def send(self, step):
        try:
            if step.send == "prepared":
                self._prepared(step)
            else:
                self._text(step.sql)
        except mysql.connector.errors.Error as error:
            if error.errno in (2006, 2013, 2055) or error.errno is None or error.errno < 0:
                raise Lost(str(error)) from None
        except (LookupError, ValueError, TypeError, struct.error, decimal.InvalidOperation):
            raise Lost("Connector/Python could not read the answer") from None

    def _prepared(self, step):
        with self._connection.cursor(prepared=True) as cursor:
            cursor.execute(step.sql, tuple(map(_python, step.parameters)))
            if cursor.with_rows:
                cursor.fetchall()

    def _text(self, sql):
        for answer in self._connection.cmd_query_iter(sql):
            if answer.get("columns"):
                self._connection.get_rows(raw=True)

    def reset(self, database):
        self._connection.cmd_reset_connection()
        self._connection.cmd_init_db(database)

    def close(self):
        try:
            self._connection._socket.close_connection()
        except mysql.connector.errors.Error:
            pass


class _Raw:
    """Cursors: no common Python client opens one, so the packets are put together here."""

    def __init__(self, port, authority, token, database):
        self._wire = Wire(port, authority)
        self._wire.login(token, database=database, capabilities=CAPABILITIES | MULTI_STATEMENTS)
        # STMT_CLOSE has no answer, and the next command shall not wait for its acknowledgement.
        self._wire._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.journal = Journal(self._wire._socket)

    def send(self, step):
        try:
            if step.send in ("prepared", "cursor"):
                self._prepared(step)
            else:
                self._wire.query(step.sql)
        except ServerError:
            pass
        except (ConnectionError, TimeoutError, LookupError, struct.error, ssl.SSLError) as error:
            raise Lost(str(error)) from None
        # `Wire` keeps what it received; the journal has it already.
        self._wire.received.clear()

    def _prepared(self, step):
        statement, _ = self._wire.prepare(step.sql)
        number = struct.pack("<I", statement)
        try:
            flags = 1 if step.send == "cursor" else 0
            self._wire.send(b"\x17" + number + struct.pack("<BI", flags, 1) + _bound(step.parameters), 0)
            status = self._answer()
            while status & 0x0040 and not status & 0x0080:  # a cursor is open, and not at its end
                self._wire.send(b"\x1c" + number + struct.pack("<I", _FETCH_ROWS), 0)
                status = self._rows()
        finally:
            self._wire.send(bytes([COM["STMT_CLOSE"]]) + number, 0)

    def _answer(self):
        """Reads an answer to EXECUTE to its end; gives the last status."""
        while True:
            first = self._wire.receive_good()
            if first[:1] == b"\x00":
                status = _status(first)
            else:
                for _ in range(first[0]):
                    self._wire.receive_good()
                status = self._rows()
            if not status & 0x0008:
                return status

    def _rows(self):
        while True:
            payload = self._wire.receive_good()
            if payload[:1] == b"\xfe" and len(payload) < 0xFFFFFF:
                # An EOF of old holds warnings first; it comes where the server ignores DEPRECATE_EOF.
                return int.from_bytes(payload[3:5], "little") if len(payload) == 5 else _status(payload)

    def reset(self, database):
        self._wire.command("RESET_CONNECTION")
        self._wire.command("INIT_DB", database.encode())
        self._wire.received.clear()

    def close(self):
        self._wire.close()


def _status(payload):
    at = 1
    for _ in range(2):
        at += {0xFC: 3, 0xFD: 4, 0xFE: 9}.get(payload[at], 1)
    return int.from_bytes(payload[at : at + 2], "little")


def _python(parameter):
    """A typed parameter as Connector/Python wants it."""
    kind, value = parameter
    if kind == "decimal":
        return decimal.Decimal(value)
    return value


def _bound(parameters):
    """Null bitmap, types and values as EXECUTE carries them."""
    if not parameters:
        return b""
    nulls, types, values = bytearray((len(parameters) + 7) // 8), b"", b""
    for place, (kind, value) in enumerate(parameters):
        if value is None:
            nulls[place // 8] |= 1 << place % 8
        code, data = _encoded(kind, value)
        types += code
        values += data
    return bytes(nulls) + b"\1" + types + values


def _encoded(kind, value):
    match kind:
        case "null":
            return b"\x06\0", b""
        case "int":
            return b"\x08\0", struct.pack("<q", value)
        case "unsigned":
            return b"\x08\x80", struct.pack("<Q", value)
        case "float":
            return b"\x05\0", struct.pack("<d", value)
        case "bytes":
            return b"\xfc\0", lenenc(value)
        case "decimal":
            return b"\xf6\0", lenenc(value.encode())
        case "text" | "date" | "datetime" | "time":
            return b"\xfd\0", lenenc(value.encode())
    raise ValueError(f"no such type of parameter: {kind}")


@functools.cache
def _trust(authority):
    return ssl.create_default_context(cafile=authority)
