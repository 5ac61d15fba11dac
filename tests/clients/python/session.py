"""Connections of one of the Python drivers, driven step by step; see tests/matrix/README.md for the requests.

The first line of standard input holds the settings, each other line a request, and each line of standard
output the answer to one. A cell is shown as its type and what Python prints of it.
"""

import inspect
import json
import os
import sys
from functools import partial

_SHOWN_WHOLE = 400


class DbApi:
    """What the drivers have in common that follow Python's database interface."""

    mark = "%s"

    def __init__(self, settings):
        self.settings = settings
        self.connections = {}

    def where(self, database="matrix", password=None, **_):
        named = {name: self.settings[name] for name in ("host", "port", "user", "password")}
        return {**named, "password": password or named["password"], "database": database}

    def connect(self, on, **wanted):
        self.connections[on] = connection = self.open(**wanted)
        return {"id": self.thread(connection), "version": self.version(connection)}

    def query(self, on, sql):
        cursor = self.connections[on].cursor()
        try:
            cursor.execute(sql)
            return self.results(cursor)
        finally:
            cursor.close()

    def results(self, cursor):
        found = [self.result(cursor)]
        while cursor.nextset():
            found.append(self.result(cursor))
        return found

    def result(self, cursor):
        if not cursor.description:
            return {"affected": cursor.rowcount}
        columns = [f"{column[0]} {column[1]}" for column in cursor.description]
        return {"columns": columns, "rows": shown_rows(cursor.fetchall())}

    def execute(self, on, sql, many):
        """One prepared statement with several sets of parameters."""
        cursor = self.connections[on].cursor(**self.prepared)
        found = []
        for parameters in many:
            cursor.execute(sql, parameters)
            found.append(self.result(cursor))
        cursor.close()
        return found

    def cursor(self, on, sql, size):
        """Reads the rows in parts; only a driver that asks the server for a cursor has this."""
        cursor = self.connections[on].cursor(**self.fetching(size))
        cursor.execute(sql)
        rows = shown_rows(cursor.fetchall())
        cursor.close()
        return {"rows": rows}

    def copy(self, on, select, insert):
        """Reads cells, and gives each as it was read to a statement that writes it."""
        cursor = self.connections[on].cursor()
        cursor.execute(select)
        rows = cursor.fetchall()
        cursor.close()
        for row in rows:
            cursor = self.connections[on].cursor()
            cursor.execute(insert.replace("?", self.mark), tuple(row))
            cursor.close()
        self.connections[on].commit()
        return shown_rows(rows)

    def begin(self, on):
        self.connections[on].begin()

    def commit(self, on):
        self.connections[on].commit()

    def rollback(self, on):
        self.connections[on].rollback()

    def close(self, on):
        connection = self.connections.pop(on, None)
        if connection:
            connection.close()

    def thread(self, connection):
        return connection.thread_id()

    def version(self, connection):
        return connection.get_server_info()

    def reconnect(self, on):
        self.connect(on)


class PyMySQL(DbApi):
    def open(self, multi=False, local=False, **wanted):
        import pymysql
        from pymysql.constants import CLIENT

        flags = CLIENT.MULTI_STATEMENTS if multi else 0
        where = self.where(**wanted)
        return pymysql.connect(
            **where, ssl_ca=self.settings["ca"], client_flag=flags, local_infile=local, autocommit=True
        )

    def reconnect(self, on):
        self.connections[on].ping(reconnect=True)


class MySQLClient(DbApi):
    def open(self, multi=False, local=False, **wanted):
        import MySQLdb

        # The length of a packet is limited by its C library, too, which takes 16 MiB unless told otherwise.
        return MySQLdb.connect(
            **self.where(**wanted),
            ssl={"ca": self.settings["ca"]},
            charset="utf8mb4",
            multi_statements=multi,
            local_infile=local,
            autocommit=True,
        )

    def change_user(self, on, password, database):
        self.connections[on].change_user(self.settings["user"], password, database)


class Connector(DbApi):
    prepared = {"prepared": True}
    pure = True

    def open(self, multi=False, local=False, **wanted):
        import mysql.connector

        return mysql.connector.connect(
            **self.where(**wanted),
            ssl_ca=self.settings["ca"],
            use_pure=self.pure,
            allow_local_infile=local,
            autocommit=True,
        )

    def thread(self, connection):
        return connection.connection_id

    def version(self, connection):
        return connection.server_info

    def fetching(self, _):
        return {"prepared": True}

    def cursor(self, on, sql, size):
        connection = self.connections[on]
        # Its cursors fetch where the server opened one, but do not ask for one by themselves.
        plain = connection.cmd_stmt_execute
        connection.cmd_stmt_execute = partial(plain, flags=1)
        try:
            return super().cursor(on, sql, size)
        finally:
            connection.cmd_stmt_execute = plain

    def begin(self, on):
        self.connections[on].start_transaction()

    def change_user(self, on, password, database):
        self.connections[on].cmd_change_user(self.settings["user"], password, database)

    def reconnect(self, on):
        self.connections[on].reconnect()

    def pool(self, leave, ask):
        from mysql.connector.pooling import MySQLConnectionPool

        where = {**self.where(), "ssl_ca": self.settings["ca"], "use_pure": self.pure}
        pool = MySQLConnectionPool(pool_name="one", pool_size=1, pool_reset_session=True, **where)
        return pooled(pool.get_connection, lambda c: c.close(), self.run_on, self.thread, leave, ask)

    def run_on(self, connection, sql):
        cursor = connection.cursor()
        cursor.execute(sql)
        found = self.results(cursor)
        cursor.close()
        return found


class ConnectorC(Connector):
    pure = False

    def __init__(self, settings):
        # The extension must be loaded before Python's `ssl`: its libcrypto is newer.
        import _mysql_connector  # noqa: F401

        super().__init__(settings)


class MariaDb(DbApi):
    prepared = {"binary": True}
    mark = "?"

    def open(self, multi=False, local=False, **wanted):
        import mariadb
        from mariadb.constants import CLIENT

        flags = CLIENT.MULTI_STATEMENTS if multi else 0
        return mariadb.connect(**self._secured(**wanted), client_flag=flags, local_infile=local, autocommit=True)

    def _secured(self, **wanted):
        return {**self.where(**wanted), "ssl": True, "ssl_ca": self.settings["ca"], "ssl_verify_cert": True}

    def thread(self, connection):
        return connection.connection_id

    def version(self, connection):
        return connection.server_info

    def fetching(self, size):
        from mariadb.constants import CURSOR

        kind = {"cursor_type": CURSOR.READ_ONLY, "prefetch_size": size}
        return {"binary": True, "buffered": False, **kind}

    def change_user(self, on, password, database):
        self.connections[on].change_user(self.settings["user"], password, database)

    def reconnect(self, on):
        self.connections[on].reconnect()

    def pool(self, leave, ask):
        import mariadb

        pool = mariadb.ConnectionPool(
            pool_name="one", pool_size=1, pool_reset_connection=True, **self._secured()
        )
        return pooled(pool.get_connection, lambda c: c.close(), self.run_on, self.thread, leave, ask)

    run_on = Connector.run_on


class Waiting:
    """A cursor or connection of an asynchronous driver, whose calls are waited for."""

    def __init__(self, loop, inner):
        self._loop = loop
        self._inner = inner

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def call(*arguments, **options):
            answer = found(*arguments, **options)
            return waited(self._loop, answer) if inspect.isawaitable(answer) else answer

        return call

    def cursor(self):
        cursor = self._inner.cursor()
        if not hasattr(cursor, "execute"):
            cursor = waited(self._loop, cursor)
        return Waiting(self._loop, cursor)


def waited(loop, awaitable):
    async def wait():
        return await awaitable

    return loop.run_until_complete(wait())


class Asynchronous(DbApi):
    """The two drivers that came out of PyMySQL for asyncio."""

    def __init__(self, settings):
        import asyncio

        super().__init__(settings)
        self.loop = asyncio.new_event_loop()

    def open(self, multi=False, local=False, **wanted):
        options = self.options(multi, **wanted)
        connect = self.module().connect(**options, local_infile=local)
        return Waiting(self.loop, waited(self.loop, connect))

    def options(self, multi=False, database="matrix", **wanted):
        import ssl

        from pymysql.constants import CLIENT

        where = self.where(database, **wanted)
        where["db"] = where.pop("database")
        trust = ssl.create_default_context(cafile=self.settings["ca"])
        flags = CLIENT.MULTI_STATEMENTS if multi else 0
        return {**where, "ssl": trust, "client_flag": flags, "autocommit": True, "charset": "utf8mb4"}

    def reconnect(self, on):
        self.connections[on].ping(reconnect=True)

    def close(self, on):
        connection = self.connections.pop(on, None)
        if connection:
            connection.ensure_closed()

    def pool(self, leave, ask):
        pool = waited(self.loop, self.module().create_pool(minsize=1, maxsize=1, **self.options()))

        def take():
            return Waiting(self.loop, waited(self.loop, pool.acquire()))

        def give(connection):
            done = pool.release(connection._inner)
            if done is not None:
                waited(self.loop, done)

        try:
            return pooled(take, give, Connector.run_on.__get__(self), self.thread, leave, ask)
        finally:
            pool.terminate()


class AioMySQL(Asynchronous):
    def module(self):
        import aiomysql

        return aiomysql


class AsyncMy(Asynchronous):
    def module(self):
        import asyncmy

        return asyncmy


class SqlAlchemy(DbApi):
    """The engine over PyMySQL, with text() and its own transactions."""

    def __init__(self, settings):
        super().__init__(settings)
        self.transactions = {}

    def engine(self, **wanted):
        import sqlalchemy

        where = self.where(**wanted)
        where["username"] = where.pop("user")
        address = sqlalchemy.URL.create("mysql+pymysql", **where, query={"charset": "utf8mb4"})
        options = {"connect_args": {"ssl_ca": self.settings["ca"], **self.more(**wanted)}}
        return sqlalchemy.create_engine(address, pool_pre_ping=True, pool_size=1, max_overflow=0, **options)

    def more(self, multi=False, local=False, **_):
        from pymysql.constants import CLIENT

        return {"client_flag": CLIENT.MULTI_STATEMENTS if multi else 0, "local_infile": local}

    def open(self, **wanted):
        return self.engine(**wanted).connect().execution_options(isolation_level="AUTOCOMMIT")

    def thread(self, connection):
        return connection.connection.dbapi_connection.thread_id()

    def version(self, connection):
        return ".".join(map(str, connection.dialect.server_version_info))

    def query(self, on, sql):
        return self._run(self.connections[on], sql)

    def _run(self, connection, sql, parameters=None):
        # A colon stands for a parameter in its texts, and a percent sign in those of the driver.
        found = connection.exec_driver_sql(sql, parameters)
        if not found.returns_rows:
            return [{"affected": found.rowcount}]
        return [{"columns": list(found.keys()), "rows": shown_rows(found.fetchall())}]

    def copy(self, on, select, insert):
        connection = self.connections[on]
        rows = connection.exec_driver_sql(select).fetchall()
        for row in rows:
            connection.exec_driver_sql(insert.replace("?", "%s"), tuple(row))
        return shown_rows(rows)

    def begin(self, on):
        # An isolation level of AUTOCOMMIT has no transactions, so this takes a connection without.
        database = self.connections[on].engine.url.database
        self.close(on)
        self.connections[on] = self.engine(database=database).connect()
        self.transactions[on] = self.connections[on].begin()

    def commit(self, on):
        self.transactions.pop(on).commit()

    def rollback(self, on):
        self.transactions.pop(on).rollback()

    def reconnect(self, on):
        # Its pool pings whatever it hands out.
        engine = self.connections[on].engine
        self.connections[on].close()
        self.connections[on] = engine.connect()

    def pool(self, leave, ask):
        engine = self.engine()
        give = lambda connection: connection.close()  # noqa: E731
        return pooled(engine.connect, give, self._run, self.thread, leave, ask)


class Django(DbApi):
    """Its connection over mysqlclient."""

    def __init__(self, settings):
        super().__init__(settings)
        from django.conf import settings as configured

        configured.configure(USE_TZ=False)

    def open(self, multi=False, local=False, **wanted):
        from django.db import ConnectionHandler

        where = {name.upper(): value for name, value in self.where(**wanted).items()}
        where["NAME"] = where.pop("DATABASE")
        trust = {"ca": self.settings["ca"]}
        options = {"ssl": trust, "multi_statements": multi, "local_infile": local, "charset": "utf8mb4"}
        entry = {"ENGINE": "django.db.backends.mysql", **where, "OPTIONS": options}
        connection = ConnectionHandler({"default": {**entry, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}})["default"]
        connection.ensure_connection()
        return connection

    def thread(self, connection):
        return connection.connection.thread_id()

    def version(self, connection):
        return connection.connection.get_server_info()

    def begin(self, on):
        self.connections[on].set_autocommit(False)

    def commit(self, on):
        self.connections[on].commit()
        self.connections[on].set_autocommit(True)

    def rollback(self, on):
        self.connections[on].rollback()
        self.connections[on].set_autocommit(True)

    def copy(self, on, select, insert):
        with self.connections[on].cursor() as cursor:
            cursor.execute(select)
            rows = cursor.fetchall()
            for row in rows:
                cursor.execute(insert.replace("?", "%s"), tuple(row))
        return shown_rows(rows)

    def reconnect(self, on):
        # As it does at the end of a request and at the beginning of the next.
        self.connections[on].close_if_unusable_or_obsolete()
        self.connections[on].ensure_connection()

    def pool(self, leave, ask):
        """It keeps a connection from request to request."""
        connection = self.open()
        take = lambda: connection.ensure_connection() or connection  # noqa: E731
        give = lambda _: connection.close_if_unusable_or_obsolete()  # noqa: E731
        return pooled(take, give, Connector.run_on.__get__(self), self.thread, leave, ask)


def pooled(take, give, run, thread, leave, ask):
    """What the second user of a pool of one connection finds of the first."""
    connection = take()
    first = thread(connection)
    for sql in leave:
        run(connection, sql)
    give(connection)
    connection = take()
    try:
        return {"again": thread(connection) == first, "left": [run(connection, sql) for sql in ask]}
    finally:
        give(connection)


def shown_rows(rows):
    return [[shown(cell) for cell in row] for row in rows]


def shown(cell):
    if cell is None:
        return None
    text = cell if isinstance(cell, str) else repr(cell)
    if len(text) > _SHOWN_WHOLE:
        text = f"{text[:20]}… of {len(cell)}"
    return f"{type(cell).__name__} {text}"


def answer(client, request):
    try:
        return {"value": getattr(client, request.pop("do"))(**request)}
    # Whatever a driver raises is what its user would see.
    except Exception as error:  # noqa: BLE001
        cause = getattr(error, "orig", None) or error
        code = cause.args[0] if cause.args and isinstance(cause.args[0], int) else None
        code = getattr(cause, "errno", None) or code
        return {"error": {"code": code if code != -1 else None, "text": f"{type(cause).__name__}: {cause}"}}


DRIVERS = {
    "PyMySQL": PyMySQL,
    "mysqlclient": MySQLClient,
    "mysql-connector-python (pure)": Connector,
    "mysql-connector-python (C)": ConnectorC,
    "MariaDB Connector/Python": MariaDb,
    "asyncmy": AsyncMy,
    "aiomysql": AioMySQL,
    "SQLAlchemy": SqlAlchemy,
    "Django": Django,
}


def main():
    # What a driver prints shall not stand among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.readline())
    client = DRIVERS[settings["driver"]](settings)
    for line in sys.stdin:
        print(json.dumps(answer(client, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
