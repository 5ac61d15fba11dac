"""The data of the corpus on one server: set up, compared, and set up again after a change."""

import os
import re
from pathlib import Path

SETUP = Path(__file__).with_name("setup.sql")

# Protected values of a second world: a client must not be able to tell it from the first.
OTHER_VALUES = {
    "123-45-6789": "55-0",
    "987-65-4321": "666-00-2222",
    "alice@corp.example": "c@x.example",
    "bob@corp.example": "dave@other.example",
}
_SYSTEM = "('mysql','sys','performance_schema','information_schema')"
_DEFINITIONS = [
    "SELECT schema_name, default_collation_name FROM information_schema.schemata",
    "SELECT table_schema, table_name, table_type, engine FROM information_schema.tables"
    f" WHERE table_schema NOT IN {_SYSTEM}",
    "SELECT table_schema, table_name, column_name, column_type, generation_expression"
    f" FROM information_schema.columns WHERE table_schema NOT IN {_SYSTEM}",
    "SELECT routine_schema, routine_name, routine_definition FROM information_schema.routines"
    f" WHERE routine_schema NOT IN {_SYSTEM}",
    "SELECT trigger_schema, trigger_name, action_statement FROM information_schema.triggers"
    f" WHERE trigger_schema NOT IN {_SYSTEM}",
    "SELECT event_schema, event_name FROM information_schema.events",
    "SELECT plugin_name, plugin_status FROM information_schema.plugins",
    "SELECT * FROM mysql.db",
    "SELECT * FROM mysql.func",
    "SELECT * FROM mysql.servers",
    "SELECT grantee, privilege_type FROM information_schema.user_privileges",
]
_ACCOUNTS = {
    "mysql": "SELECT user, host, authentication_string, account_locked FROM mysql.user",
    "mariadb": "SELECT user, host, priv FROM mysql.global_priv",
}
# These move by themselves.
_RESTLESS = re.compile(r"gtid|timestamp|insert_id|rand_seed|pseudo_thread|debug|last_")


class Database:
    """The schema `app` of one server and everything else that a statement could change there."""

    def __init__(self, server):
        self._server = server
        self._connection = server.connect()
        self._script = SETUP.read_text()
        self._set_up()
        self._variables = dict(server.rows("SHOW GLOBAL VARIABLES"))
        self._good = self._state()

    def use_other_values(self):
        """Sets the same schema up with other protected values."""
        for value, other in OTHER_VALUES.items():
            self._script = self._script.replace(value, other)
        self._set_up()
        self._good = self._state()

    def changes(self):
        """What differs from the state after the setup; [] when nothing does. Puts it right again."""
        state = self._state()
        differences = [part for part in self._good if state.get(part) != self._good[part]]
        if differences:
            self._repair()
        return differences

    def _set_up(self):
        self._server.run(self._script)

    def _repair(self):
        self._set_up()
        for name, value in self._server.rows("SHOW GLOBAL VARIABLES"):
            if self._variables.get(name) != value and not _RESTLESS.search(name):
                quoted = self._variables[name].replace("\\", "\\\\").replace("'", "''")
                self._server.run(f"SET GLOBAL {name} = '{quoted}'")
        self._good = self._state()

    def _state(self):
        with self._connection.cursor() as cursor:

            def rows(statement):
                cursor.execute(statement)
                return sorted(map(str, cursor.fetchall()))

            state = {}
            for place, statement in enumerate(_DEFINITIONS):
                state[f"definitions {place}"] = rows(statement)
            state["accounts"] = rows(_ACCOUNTS[self._server.kind])
            cursor.execute(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = 'app' AND table_type = 'BASE TABLE'"
            )
            for (table,) in cursor.fetchall():
                state[f"rows of {table}"] = rows(f"SELECT * FROM app.`{table}`")
            cursor.execute("SHOW GLOBAL VARIABLES")
            state["variables"] = [row for row in cursor.fetchall() if not _RESTLESS.search(row[0])]
            return state


class Files:
    """The files that statements of the corpus would write."""

    _NAMES = re.compile(rb"'(/tmp/[^']+)'")

    def __init__(self, statements):
        names = {name for sql in statements for name in self._NAMES.findall(sql)}
        self._before = {name: self._stamp(name) for name in names}

    def changes(self):
        """The files that were written since."""
        return [f"file {name.decode()}" for name, was in self._before.items() if self._stamp(name) != was]

    @staticmethod
    def _stamp(name):
        try:
            status = os.stat(name)
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

