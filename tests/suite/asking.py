"""Asks a running server by PREPARE what it takes, and Postern's reader how it reads."""

import json
import os
import re
import struct
import subprocess
from pathlib import Path

import pymysql

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "test"
_COM_STMT_PREPARE, _COM_STMT_CLOSE = 0x16, 0x19
_SECONDS = 20

# Answers to PREPARE by which a server refuses the text itself, whatever tables, accounts, variables
# and plugins it holds. Every other answer means that the text was parsed: 1295 says so (parsed,
# but not to be prepared), and unknown names, missing rights and switched-off features are the
# business of the server's state.
PARSE_ERRORS = {
    1059: "a name that is too long",
    1064: "a syntax error",
    1065: "no statement",
    1149: "a syntax error",
    1300: "bytes that are no text",
    3953: "INTO twice",
    3954: "INTO where none may stand",
}


class Preparer:
    """A connection that prepares statements in a schema of its own and runs none of them."""

    def __init__(self, server):
        self._server = server
        self._connection = None

    def code(self, statement):
        """The number of the server's error, 0 for none, and -1 where the server was lost."""
        return self._code(lambda: prepare(self._connection, statement))

    def _code(self, ask):
        if self._connection is None:
            self._connect()
        try:
            ask()
        except (pymysql.OperationalError, pymysql.InterfaceError, OSError) as error:
            number = error.args[0] if error.args else 0
            if number in _LOST or isinstance(error, (OSError, pymysql.InterfaceError)):
                self._connection = None
                return -1
            return number
        except pymysql.MySQLError as error:
            return error.args[0]
        return 0

    def carried_code(self, statement):
        """The same for the text that PREPARE or EXECUTE IMMEDIATE carries: the server reads it only
        when they run, so PREPARE of it is run."""
        carried = _CARRIED.match(statement)
        return self._code(lambda: self._query(b"PREPARE probe FROM " + carried[1])) if carried else 0

    def _query(self, statement):
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def _connect(self):
        if not self._server.is_running():
            self._server.start_again()
        self._connection = self._server.connect(read_timeout=_SECONDS)
        with self._connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {SCHEMA}")
            cursor.execute(f"USE {SCHEMA}")


def prepare(connection, statement):
    """Prepares a statement and forgets it; raises what the server answers."""
    connection._execute_command(_COM_STMT_PREPARE, statement)
    answer = connection._read_packet()._data
    number, columns, parameters = struct.unpack_from("<IHH", answer, 1)
    for count in (parameters, columns):
        # The definitions and the packet that ends them.
        for _ in range(count + 1 if count else 0):
            connection._read_packet()
    connection._execute_command(_COM_STMT_CLOSE, struct.pack("<I", number))


_CARRIED = re.compile(
    rb"\s*(?:PREPARE\s+\S+\s+FROM|EXECUTE\s+IMMEDIATE)\s+(.*?)(?:\s+USING\s[^'\"]*)?;?\s*$", re.I | re.S
)
_LOST = (2003, 2006, 2013, 2014, 2055)


def reader_program():
    """The program of this repository that reads statements; `make` builds it."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "debug" / "suite-reader"


def read_all(version, base, statements):
    """What Postern's reader makes of each statement, where the server holds only what is its own."""
    questions = [{"base": base}] + [{"read": text.hex()} for text in statements]
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(
        [reader_program(), version], input=lines.encode(), stdout=subprocess.PIPE, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()[1:]]


class Reader:
    """Postern's reader, asked one by one."""

    def __init__(self, version):
        self._process = subprocess.Popen(
            [reader_program(), version], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, **question):
        """The answer to a question."""
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def accesses(self, statement):
        """How a statement is read, with all that it touches."""
        return self.ask(accesses=statement.hex())

    def stop(self):
        self._process.stdin.close()
        self._process.wait()
