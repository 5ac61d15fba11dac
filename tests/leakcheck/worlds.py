"""Two worlds of one kind of server: the same schema in two private instances, a gateway before each.

They are two instances, not two schemas of one: a schema's name stands in every definition, and what a
server numbers (transactions, statements, pages) goes on from one schema to the next. Both are started,
set up and driven in the same order, so whatever differs comes from the protected values.
"""

import contextlib
import os
import time

import pymysql

from certificates import Authority
from gateway import Gateway
from issuers import Mint
from servers import GUARD_ROLE, READER, WRITER, Server

WORLDS = ("a", "b")
# What a clock or a dice would make differ is pinned where each session begins.
_SERVER_OPTIONS = [
    "--innodb-stats-persistent=1",
    "--innodb-stats-auto-recalc=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-lock-wait-timeout=2",
    # A thread that is used again goes on numbering prepared statements where it was.
    "--thread-cache-size=0",
    "--init-connect=SET timestamp = 1700000000, rand_seed1 = 11, rand_seed2 = 13",
]
_LOCK_WAIT_SECONDS = 5
_LOCK_WAIT_TIMEOUT = 1205
_TOKEN_SECONDS = 24 * 3600
_END_SECONDS = 15


class ServerEnded(Exception):
    """A server ended by itself: a statement found a fault of it."""


class World:
    """One instance with its data and, while a phase runs, its gateway."""

    def __init__(self, name, kind, folder):
        self.name = name
        self.kind = kind
        self._folder = folder / name
        self._folder.mkdir(parents=True)
        self.authority = Authority(self._folder)
        # Clients trust this authority by name; to load the machine's own list costs each of them 30 ms.
        os.environ["SSL_CERT_FILE"] = str(self.authority.certificate)
        # Servers that are initialised at the same time must not find each other's temporary tables.
        os.environ["TMPDIR"] = str(self._folder)
        self._mint = Mint(self.authority)
        self.server = Server(kind, self._folder, self.authority, options=_SERVER_OPTIONS)
        self.server.add_catalog_account()
        self._administrate()
        self.gateway = None

    def _administrate(self):
        self._administrator = self.server.connect(
            init_command=f"SET lock_wait_timeout = {_LOCK_WAIT_SECONDS}"
        )

    def has_ended(self):
        """Whether the server is about to end, or has; asked where a connection failed."""
        return self.server.has_ended(_END_SECONDS)

    def start_again(self):
        """Starts the server again if it ended; gives the statement that it names as the cause."""
        if not self.server.has_ended():
            return ""
        cause = _cause(self.server.error_log)
        self.server.start_again()
        self._administrate()
        return cause

    def set_up(self, schema, values_of=None):
        """Makes the database anew, with the values of this world or of another."""
        self.database = schema.database
        self._values_of = values_of or self.name
        self.run(schema.setup(self.kind, self._values_of))

    def restore(self, schema, tables):
        """Brings rows back; gives who stood in the way, if someone had to be ended for it."""
        statements = schema.restore(self.kind, self._values_of, tables)
        try:
            self.run(statements)
        except pymysql.err.MySQLError as error:
            if error.args[0] != _LOCK_WAIT_TIMEOUT:
                if self.has_ended():
                    raise ServerEnded from None
                raise
            stood = self._end_sessions()
            self.run(statements)
            return stood
        return []

    def _end_sessions(self):
        sessions = self.rows(
            "SELECT id, command, time, info FROM information_schema.processlist"
            f" WHERE user = '{READER.name}'"
        )
        for number, *_ in sessions:
            with contextlib.suppress(pymysql.err.MySQLError):
                self.run([f"KILL {number}".encode()])
        return [str(session) for session in sessions]

    def run(self, statements):
        for statement in statements:
            self._administrator.query(statement)
            while self._administrator._result.has_next:
                self._administrator.next_result()

    def rows(self, statement):
        """The rows of a statement of the administrator, around the gateway."""
        with self._administrator.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def is_accepted(self, sql):
        """Whether the server itself takes a statement, as far as PREPARE can say."""
        text = sql.replace(b"\\", b"\\\\").replace(b"'", b"''")
        try:
            self._administrator.select_db(self.database)
            self.run([b"PREPARE leakcheck FROM '" + text + b"'", b"DEALLOCATE PREPARE leakcheck"])
        except pymysql.err.MySQLError as error:
            # 1295: a good statement, which cannot be prepared.
            return error.args[0] == 1295
        return True

    def start_gateway(self, policy, guarded, number):
        """A gateway under this policy, whose account has no more rights than it needs."""
        folder = self._folder / f"gateway-{number}"
        folder.mkdir()
        self._write_key(folder)
        self.server.run(f"DROP ROLE IF EXISTS {GUARD_ROLE}")
        rights = [] if guarded else [f"ALL PRIVILEGES ON {self.database}.*"]
        self.server.add_account(READER, *rights)
        self.server.add_account(WRITER)
        self.gateway = Gateway(
            folder,
            self.server,
            self.authority,
            self._mint,
            policy,
            limits={"sessions_per_principal_max": 1000},
            guard_role=GUARD_ROLE if guarded else None,
        )
        if guarded:
            done = self.gateway.command("policy", "grants")
            assert done.returncode == 0, done.stderr.decode()
            self.server.run("\n".join(_statements(done.stdout.decode())))
        self.gateway.start()

    @staticmethod
    def _write_key(folder):
        key = folder / "mask.key"
        # The same in both worlds: what differs shall come from the values alone.
        key.write_text("6b" * 32)
        key.chmod(0o600)

    def token(self):
        return self._mint.token("agent-1", ["masked"], exp=int(time.time()) + _TOKEN_SECONDS)

    def stop_gateway(self):
        if self.gateway:
            self.gateway.stop()
        self.gateway = None

    def stop(self):
        self.stop_gateway()
        with contextlib.suppress(pymysql.err.MySQLError):
            self._administrator.close()
        self._mint.stop()
        self.server.stop()


def _cause(log):
    lines = [line for line in log.splitlines() if line.startswith("Query (")]
    return lines[-1] if lines else "; ".join(log.splitlines()[-3:])


def _statements(text):
    return [line for line in text.splitlines() if line and not line.startswith("--")]
