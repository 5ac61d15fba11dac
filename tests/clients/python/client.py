"""Statements through one of the Python drivers, in each way that it has.

Settings as JSON on standard input; on standard output, for each way, the cells of each statement as
Python prints them, so that the type of a value shows as well.
"""

import json
import sys
from functools import partial


def pymysql(settings):
    import pymysql
    from pymysql.cursors import SSCursor

    def connect(**options):
        return _asking(pymysql.connect(**_where(settings), ssl_ca=settings["ca"], **options))

    return {
        "text": connect,
        "text, latin1": lambda: connect(charset="latin1"),
        # As Connector/J of MySQL begins: each column in its own character set.
        "text, unconverted": lambda: connect(init_command="SET character_set_results = NULL"),
        "text, unbuffered": lambda: connect(cursorclass=SSCursor),
    }


def mysqlclient(settings):
    import MySQLdb
    from MySQLdb.cursors import SSCursor

    def connect(**options):
        return _asking(MySQLdb.connect(**_where(settings), ssl={"ca": settings["ca"]}, **options))

    return {
        "text": lambda: connect(charset="utf8mb4"),
        "text, latin1": lambda: connect(charset="latin1"),
        "text, unbuffered": lambda: connect(charset="utf8mb4", cursorclass=SSCursor),
    }


def asyncmy(settings):
    import asyncio
    import ssl

    import asyncmy
    from asyncmy.cursors import Cursor, SSCursor

    loop = asyncio.new_event_loop()

    def connect(kind):
        trust = ssl.create_default_context(cafile=settings["ca"])
        connection = loop.run_until_complete(asyncmy.connect(**_where(settings), ssl=trust))

        async def ask(sql):
            async with connection.cursor(kind) as cursor:
                await cursor.execute(sql)
                return _printed(cursor.description, await cursor.fetchall())

        return lambda sql: loop.run_until_complete(ask(sql))

    return {"text": lambda: connect(Cursor), "text, unbuffered": lambda: connect(SSCursor)}


def mariadb(settings):
    import mariadb
    from mariadb.constants import CURSOR

    where = {**_where(settings), "ssl": True, "ssl_ca": settings["ca"], "ssl_verify_cert": True}

    def connect(**options):
        return _asking(mariadb.connect(**where), **options)

    cursor = {"cursor_type": CURSOR.READ_ONLY, "prefetch_size": 2, "buffered": False}
    return {
        "text": connect,
        "text, unbuffered": lambda: connect(buffered=False),
        "prepared": lambda: connect(binary=True),
        "prepared, cursor": lambda: connect(binary=True, **cursor),
    }


def connector(settings, use_pure):
    import mysql.connector

    where = {**_where(settings), "ssl_ca": settings["ca"], "use_pure": use_pure}

    def connect(**options):
        return _asking(mysql.connector.connect(**where), **options)

    def fetching():
        connection = mysql.connector.connect(**where)
        # Its cursors fetch where the server opened one, but do not ask for one by themselves.
        connection.cmd_stmt_execute = partial(connection.cmd_stmt_execute, flags=1)
        return _asking(connection, prepared=True)

    return {
        "text": connect,
        "text, raw": lambda: connect(raw=True),
        "text, buffered": lambda: connect(buffered=True),
        "prepared": lambda: connect(prepared=True),
        "prepared, cursor": fetching,
    }


def connector_c(settings):
    # The extension must be loaded before Python's `ssl`: its libcrypto is newer.
    import _mysql_connector  # noqa: F401

    return connector(settings, use_pure=False)


def _where(settings):
    return {name: settings[name] for name in ("host", "port", "user", "password")}


def _asking(connection, **options):
    def ask(sql):
        cursor = connection.cursor(**options)
        cursor.execute(sql)
        printed = _printed(cursor.description, cursor.fetchall())
        cursor.close()
        return printed

    return ask


def _printed(description, rows):
    return {
        "columns": [f"{column[0]} {column[1]}" for column in description],
        "rows": [[repr(cell) for cell in row] for row in rows],
    }


def _answers(connect, statements):
    answers, ask = [], None
    for sql in statements:
        try:
            ask = ask or connect()
            answers.append(ask(sql))
        # Whatever a driver raises is what its user would see.
        except Exception as error:  # noqa: BLE001
            answers.append({"error": f"{type(error).__name__}: {error}"})
            ask = None
    return answers


DRIVERS = {
    "PyMySQL": pymysql,
    "mysqlclient": mysqlclient,
    "asyncmy": asyncmy,
    "mysql-connector-python (pure)": lambda settings: connector(settings, use_pure=True),
    "mysql-connector-python (C)": connector_c,
    "MariaDB Connector/Python": mariadb,
}

settings = json.load(sys.stdin)
ways = DRIVERS[settings["driver"]](settings)
wanted = settings["statements"]
json.dump({way: _answers(ways[way], wanted[way]) for way in wanted}, sys.stdout)
