"""Private MariaDB and MySQL servers: on a free port, with data of their own, gone with the tests."""

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pymysql
from pymysql.constants import CLIENT

from programs import CACHE, Program, ProgramEnded, free_port, run

ADMIN_PASSWORD = "the tests' own administrator"
_PORT_TRIES = 5


@dataclass
class Account:
    """A database account whose credentials only the gateway holds."""

    name: str
    password: str


CATALOG = Account("postern_catalog", "catalog-password-7d1f")
READER = Account("reader", "reader-password-51c0")
WRITER = Account("writer", "writer-password-e2a9")
GUARD_ROLE = "postern_guard"


class Server:
    """A running database server; `kind` is `mysql` or `mariadb`."""

    def __init__(self, kind, folder, authority=None, options=()):
        """Without an authority the server has the certificates that it makes itself."""
        self.kind = kind
        self._options = list(options)
        self._data = folder / f"{kind}-data"
        # A server that starts removes the temporary tables that it finds, those of others as well.
        self._temporary = folder / f"{kind}-tmp"
        self._temporary.mkdir(parents=True, exist_ok=True)
        self._authority = authority
        self._commands = {"mysql": _MySql, "mariadb": _MariaDb}[kind]
        self._commands.initialise(self._data)
        self._start()
        self.run(f"ALTER USER root@localhost IDENTIFIED BY '{_quote(ADMIN_PASSWORD)}'", password="")

    def _start(self, port=None):
        tls = []
        if self._authority:
            certificate, key = self._authority.sign(self.kind)
            ca = self._authority.certificate
            tls = [f"--ssl-ca={ca}", f"--ssl-cert={certificate}", f"--ssl-key={key}"]
        for attempt in range(_PORT_TRIES):
            self.port = port or free_port()
            place = [f"--port={self.port}", f"--socket={self.socket}", f"--user={_user()}"]
            place.append(f"--tmpdir={self._temporary}")
            self._program = Program(self._commands.server(self._data) + place + tls + self._options)
            try:
                self._program.wait_for_line("ready for connections")
                return
            except ProgramEnded:
                if attempt + 1 == _PORT_TRIES:
                    raise

    def start_again(self):
        """Starts it at the same port over the data that it left, where it ended by itself."""
        self._program.stop()
        self._start(self.port)

    def end(self):
        """Ends it as an administrator does who will start it again."""
        self._program.stop()

    def kill(self):
        """Ends it as a fault of its own would."""
        self._program.signal(signal.SIGKILL)

    def has_ended(self, seconds=0):
        """Whether it ended by itself, or does so within that time."""
        try:
            self._program.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def socket(self):
        return self._data / "s.sock"

    @property
    def own_ca(self):
        """The CA that MySQL makes where it is given no certificate; the file ends with a NUL byte."""
        return self._data / "ca.pem"

    @property
    def error_log(self):
        return self._program.output

    def is_running(self):
        return self._program.is_running()

    def connect(self, password=ADMIN_PASSWORD, **options):
        """A connection of the administrator, around the gateway."""
        options.setdefault("autocommit", True)
        # A context for TLS costs more than all the rest, and a socket of this machine needs none.
        return pymysql.connect(
            ssl_disabled=True,
            unix_socket=str(self.socket),
            user="root",
            password=password,
            charset="utf8mb4",
            **options,
        )

    def run(self, script, password=ADMIN_PASSWORD):
        """Runs statements as the administrator."""
        with self.connect(password, client_flag=CLIENT.MULTI_STATEMENTS) as connection:
            with connection.cursor() as cursor:
                cursor.execute(script)
                while cursor.nextset():
                    pass

    def rows(self, statement):
        """The rows of one statement, run as the administrator."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def add_account(self, account, *grants, require="SSL"):
        """Creates an account with these grants (`SELECT ON shop.*`), which must use TLS."""
        name = f"'{account.name}'@'%'"
        self.run(
            f"DROP USER IF EXISTS {name};"
            f"CREATE USER {name} IDENTIFIED BY '{_quote(account.password)}' REQUIRE {require};"
            + "".join(f"GRANT {grant} TO {name};" for grant in grants)
        )

    def add_catalog_account(self, require="SSL"):
        """The account by which the gateway reads definitions, with the rights to see all of them."""
        own = {"mysql": ["SHOW_ROUTINE ON *.*"], "mariadb": []}[self.kind]
        self.add_account(
            CATALOG,
            "SELECT, SHOW VIEW, TRIGGER, EXECUTE, PROCESS, EVENT ON *.*",
            *own,
            require=require,
        )

    def stop(self):
        self._program.stop()
        shutil.rmtree(self._data, ignore_errors=True)


class _MariaDb:
    """How MariaDB is initialised and started."""

    @staticmethod
    def initialise(data):
        _run(
            [
                program("mariadb-install-db"),
                "--no-defaults",
                f"--user={_user()}",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]
        )

    @staticmethod
    def server(data):
        return [
            program("mariadbd"),
            "--no-defaults",
            f"--datadir={data}",
            "--bind-address=127.0.0.1",
            f"--pid-file={data}/pid",
            "--innodb-flush-log-at-trx-commit=0",
        ]


class _MySql:
    """How MySQL is initialised and started, out of the folder that scripts/install-mysql made."""

    ROOT = CACHE / "mysql"

    @classmethod
    def program(cls, path):
        root = cls.ROOT
        return [
            root / "lib64/ld-linux-x86-64.so.2",
            "--library-path",
            f"{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib/mysql/private",
            root / "usr" / path,
        ]

    @classmethod
    def _server(cls, data):
        return cls.program("sbin/mysqld") + [
            "--no-defaults",
            f"--basedir={cls.ROOT}/usr",
            f"--datadir={data}",
            f"--plugin-dir={cls.ROOT}/usr/lib/mysql/plugin",
            f"--lc-messages-dir={cls.ROOT}/usr/share/mysql",
            f"--character-sets-dir={cls.ROOT}/usr/share/mysql/charsets",
            "--secure-file-priv=",
            "--mysqlx=OFF",
        ]

    @classmethod
    def initialise(cls, data):
        _run(cls._server(data) + ["--initialize-insecure", f"--user={_user()}"])

    @classmethod
    def server(cls, data):
        return cls._server(data) + [
            "--bind-address=127.0.0.1",
            f"--pid-file={data}/pid",
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
        ]


def mysql_program(path):
    """The command that starts a program of MySQL 9.7, such as `bin/mysql`."""
    return _MySql.program(path)


def mysql_plugins():
    """The folder with MySQL 9.7's client plugins."""
    return _MySql.ROOT / "usr/lib/mysql/plugin"


def _run(command):
    done = run(command, seconds=180)
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


def program(name):
    """The path of a program that scripts/install-mariadb installed."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert found, f"{name} is missing: run scripts/install-mariadb"
    return Path(found)


def _user():
    return pwd.getpwuid(os.getuid()).pw_name


def _quote(text):
    return text.replace("\\", "\\\\").replace("'", "''")
