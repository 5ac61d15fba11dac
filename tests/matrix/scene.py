"""The databases that the features play in, seen from the server's own side."""

import contextlib
import time

import pymysql
from matrix_columns import columns
from open_world import OpenWorld
from pymysql.constants import CLIENT

from session import ClientError

ROUTINES = ["matrix.two_results"]
_SECONDS = 20
_WITHOUT_TEXT = {"vector", "geometry"}
_NUMBERS = """
CREATE TABLE matrix.numbers (n INT PRIMARY KEY);
INSERT INTO matrix.numbers WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000) SELECT n FROM s;
CREATE PROCEDURE matrix.two_results() BEGIN SELECT 1, 'one'; SELECT n FROM matrix.numbers WHERE n IN (2, 3) ORDER BY n; END;
"""
# What features write into is made anew for each.
_FRESH = """
DROP TABLE IF EXISTS matrix.written, matrix.large, matrix.loaded, other.numbers, other.large, other.source;
CREATE TABLE matrix.written (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), amount INT);
CREATE TABLE matrix.large (name VARCHAR(20) PRIMARY KEY, value LONGTEXT CHARACTER SET latin1);
CREATE TABLE matrix.loaded (n INT PRIMARY KEY, line VARCHAR(40));
TRUNCATE TABLE matrix.back;
"""
_CLIENTS_ONES = """
SELECT id FROM information_schema.processlist WHERE user IN ('root', 'writer') AND id <> CONNECTION_ID()
"""


class Scene(OpenWorld):
    """One server with its databases; `place` is the way to it that is tried."""

    def __init__(self, kind, folder):
        super().__init__(kind, folder, ROUTINES)
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.place = self.direct
        self._definitions = {column.name: column for column in columns(kind)}
        self.columns = list(self._definitions)
        self.server.run("CREATE DATABASE matrix; CREATE DATABASE other;" + _NUMBERS)
        self._make_types()

    def _make_types(self):
        """A table with two values and a NULL of every type, and one for what is written back."""
        definitions = [f"{name} {column.type} NULL DEFAULT NULL" for name, column in self._definitions.items()]
        every = ", ".join(definitions)
        self.server.run(f"CREATE TABLE matrix.source (id INT PRIMARY KEY, {every})")
        back = f"id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64), {every}"
        self.server.run(f"CREATE TABLE matrix.back ({back})")
        for place in (0, 1):
            values = ", ".join(column.values[place] for column in self._definitions.values())
            self.server.run(f"INSERT INTO matrix.source VALUES ({place}, {values})")
        self.server.run("INSERT INTO matrix.source (id) VALUES (2)")

    def play(self, place):
        """Begins a feature: the tables are empty, and this is the way."""
        self.place = place
        self.server.run(_FRESH)

    def rows(self, sql):
        with self.server.connect(database="matrix") as connection, connection.cursor() as cursor:
            try:
                cursor.execute(sql)
            except pymysql.MySQLError as error:
                raise ClientError(error.args[0], f"the scene: {error}") from None
            return cursor.fetchall()

    def original(self, column):
        return self.stored(column, "matrix.source")

    def written_back(self, column):
        return self.rows(f"SELECT {self._bytes(column)} FROM matrix.back WHERE name = '{column}' ORDER BY id")

    def stored(self, column, table):
        return self.rows(f"SELECT {self._bytes(column)} FROM {table} ORDER BY id")

    def restore(self, dump):
        """Runs what a program dumped in another database."""
        options = {"database": "other", "client_flag": CLIENT.MULTI_STATEMENTS}
        with self.server.connect(**options) as connection, connection.cursor() as cursor:
            try:
                cursor.execute(dump)
                while cursor.nextset():
                    pass
            except pymysql.MySQLError as error:
                raise ClientError(error.args[0], f"restore: {error}") from None

    def _bytes(self, column):
        """The bytes of a cell's text, where there is one: HEX of a number is another thing."""
        return f"HEX({column})" if self._definitions[column].family in _WITHOUT_TEXT else f"HEX(CONCAT({column}))"

    def file(self, name, text):
        path = self.scratch / name
        path.write_text(text)
        return path

    def wait_for(self, part, runs=True):
        """Waits until the server runs a statement with these words in it, or no longer does."""
        asked = f"SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%{part}%' AND id <> CONNECTION_ID()"
        self._wait(lambda: bool(self.rows(asked)[0][0]) == runs, f"{part}: not in time")

    def kill_all(self):
        """Ends the connections of all clients, as the server's administrator does."""
        for (number,) in self.rows(_CLIENTS_ONES):
            # It may have ended by itself.
            with contextlib.suppress(pymysql.err.OperationalError):
                self.server.run(f"KILL {number}")
        self._wait(lambda: not self.rows(_CLIENTS_ONES), "connections are left")

    def _wait(self, condition, otherwise):
        until = time.monotonic() + _SECONDS
        while not condition():
            if time.monotonic() > until:
                raise ClientError(None, otherwise)
            time.sleep(0.02)
