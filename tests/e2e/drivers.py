"""Ordinary MySQL clients, each started as its users start it, with a token as its password."""

import json
import sys
from pathlib import Path

import mariadb
import mysql.connector
import pymysql

from issuers import node_environment
from programs import CACHE, ROOT, environment, run
from servers import mysql_plugins, mysql_program, program


def pymysql_connect(gateway, token, user="shop", **options):
    options.setdefault("autocommit", True)
    return pymysql.connect(
        host="127.0.0.1",
        port=gateway.port,
        user=user,
        password=token,
        ssl_ca=str(gateway.authority),
        **options,
    )


def pymysql_rows(gateway, token, sql):
    with pymysql_connect(gateway, token) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return _texts(cursor.fetchall())


def mysqlclient_rows(gateway, token, sql):
    import MySQLdb

    connection = MySQLdb.connect(
        host="127.0.0.1",
        port=gateway.port,
        user="shop",
        password=token,
        ssl={"ca": str(gateway.authority)},
    )
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return _texts(cursor.fetchall())
    finally:
        connection.close()


def mariadb_connect(gateway, token):
    return mariadb.connect(
        **_connector_settings(gateway, token), ssl=True, ssl_verify_cert=True, autocommit=True
    )


def connector_connect(gateway, token, **options):
    return mysql.connector.connect(**_connector_settings(gateway, token), use_pure=True, **options)


def connector_pure_rows(gateway, token, sql):
    return _connector_rows(connector_connect(gateway, token), sql)


def connector_prepared_rows(gateway, token, sql):
    return _connector_rows(connector_connect(gateway, token), sql, prepared=True)


def connector_c_rows(gateway, token, sql, **options):
    settings = {**_connector_settings(gateway, token), "sql": sql, **options}
    script = Path(__file__).with_name("connector_c_client.py")
    return _program_rows([sys.executable, script], settings, environment())


def _connector_settings(gateway, token):
    where = {"host": "127.0.0.1", "port": gateway.port, "user": "shop"}
    return {**where, "password": token, "ssl_ca": str(gateway.authority)}


def _connector_rows(connection, sql, **options):
    try:
        with connection.cursor(**options) as cursor:
            cursor.execute(sql)
            return _texts(cursor.fetchall())
    finally:
        connection.close()


def mysql2_rows(gateway, token, sql):
    return _node("mysql2", "query", gateway, token, sql)


def mysql2_prepared_rows(gateway, token, sql):
    return _node("mysql2", "execute", gateway, token, sql)


def node_mariadb_rows(gateway, token, sql):
    return _node("mariadb", "query", gateway, token, sql)


def node_mariadb_prepared_rows(gateway, token, sql):
    return _node("mariadb", "execute", gateway, token, sql)


def _node(package, method, gateway, token, sql):
    script = CACHE / "node" / "client.mjs"
    script.write_bytes((ROOT / "tests/node/client.mjs").read_bytes())
    settings = {
        "package": package,
        "method": method,
        "port": gateway.port,
        "user": "shop",
        "password": token,
        "ca": str(gateway.authority),
        "sql": sql,
    }
    return _program_rows(["node", script], settings, node_environment())


def _program_rows(command, settings, environment):
    done = run(command, input=json.dumps(settings).encode(), env=environment)
    if done.returncode:
        raise ClientError(done.stderr.decode(errors="replace"))
    return _texts(json.loads(done.stdout))


def mysql_cli(gateway, token, *arguments, user="shop", **options):
    """The mysql program of MySQL 9.7; gives what it printed, without column names."""
    command = mysql_program("bin/mysql") + ["--no-defaults", f"--plugin-dir={mysql_plugins()}"]
    return _cli(command, gateway, token, user, *arguments, **options)


def mariadb_cli(gateway, token, *arguments, user="shop", **options):
    """The mariadb program of Debian."""
    command = [program("mariadb"), "--no-defaults"]
    return _cli(command, gateway, token, user, *arguments, **options)


def _cli(command, gateway, token, user, *arguments, more_environment=None, **options):
    more = dict(more_environment or {})
    if token is not None:
        # A token on the command line would be seen by everyone on the machine.
        more["MYSQL_PWD"] = token
    where = ["-h", "127.0.0.1", "-P", gateway.port, "-u", user]
    return run(
        [*command, *where, "--batch", "--skip-column-names", *arguments],
        env=environment(**more),
        **options,
    )


def mysql_cli_rows(gateway, token, sql):
    return _cli_rows(mysql_cli(gateway, token, "-e", sql))


def mariadb_cli_rows(gateway, token, sql):
    return _cli_rows(mariadb_cli(gateway, token, "-e", sql))


def _cli_rows(done):
    if done.returncode:
        raise ClientError(done.stderr.decode(errors="replace"))
    return [line.split("\t") for line in done.stdout.decode().splitlines()]


class ClientError(Exception):
    """A client program failed; holds what it said."""


def _texts(rows):
    return [[cell if cell is None else str(cell) for cell in row] for row in rows]


# Every client, by the name of the test that it makes.
ALL = {
    "mysql-cli": mysql_cli_rows,
    "mariadb-cli": mariadb_cli_rows,
    "pymysql": pymysql_rows,
    "mysqlclient": mysqlclient_rows,
    "connector-python-pure": connector_pure_rows,
    "connector-python-c": connector_c_rows,
    "connector-python-prepared": connector_prepared_rows,
    "mysql2": mysql2_rows,
    "mysql2-prepared": mysql2_prepared_rows,
    "node-mariadb": node_mariadb_rows,
    "node-mariadb-prepared": node_mariadb_prepared_rows,
}
