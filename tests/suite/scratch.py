"""Runs the statements of a suite against a server of their own, but for those that would harm it."""

import re
import shutil
from pathlib import Path

import pymysql
from pymysql.constants import CLIENT

SCHEMA = "test"
SECONDS_A_STATEMENT = 4
# For questions of our own, which a busy machine may keep waiting.
_SECONDS_TO_ANSWER = 60
_CONNECTS_MAX = 5
# What makes a server that is thrown away fast.
_THROWN_AWAY = [
    "--innodb-doublewrite=0",
    "--innodb-file-per-table=0",
    "--innodb-flush-method=nosync",
    "--innodb-stats-auto-recalc=0",
]
OPTIONS = {
    "mysql": [*_THROWN_AWAY, "--event-scheduler=OFF"],
    "mariadb": _THROWN_AWAY,
}
_LOST = (0, 2003, 2006, 2013, 2014, 2055)

# These would stop or change the server, reach files or other servers, take the administrator's
# rights or wait for somebody.
_HARMFUL_START = re.compile(
    rb"\s*(SHUTDOWN|RESTART|KILL|RESET|PURGE|CHANGE|STOP|INSTALL|UNINSTALL|CLONE|GRANT|REVOKE|LOCK"
    rb"|UNLOCK|FLUSH|BINLOG|XA|BACKUP|LOAD|IMPORT|CACHE|START\s+(?!TRANSACTION)"
    rb"|(CREATE|ALTER|DROP|RENAME)\s+(OR\s+REPLACE\s+)?(DEFINER\s*=\s*\S+\s+)?(USER|ROLE|SERVER"
    rb"|TABLESPACE|LOGFILE|UNDO|EVENT|INSTANCE|RESOURCE|SPATIAL\s+REFERENCE)"
    rb"|SET\s+(GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|ROLE|DEFAULT\s+ROLE|RESOURCE)\b)",
    re.IGNORECASE,
)
_HARMFUL = re.compile(
    rb"@@\s*(GLOBAL|PERSIST)|,\s*(GLOBAL|PERSIST)\s|OUTFILE|DUMPFILE|LOAD_FILE|SLEEP|BENCHMARK"
    rb"|GET_LOCK|WAIT_FOR|WAIT_UNTIL|POS_WAIT|GTID_WAIT|SONAME|DIRECTORY|TABLESPACE|DEBUG"
    rb"|\b`?(mysql|sys|performance_schema)`?\s*\.|\bSHUTDOWN\b|\bPASSWORD\b|\bSERVER\b"
    rb"|SESSION_USER|INIT_CONNECT|SECURE_AUTH|CREATE\s+USER|\bEVENT\b|\bTIMESTAMP\s*=",
    re.IGNORECASE,
)
_SYSTEM = {"mysql", "sys", "performance_schema", "information_schema"}
_DROPS_SYSTEM = re.compile(rb"(DATABASE|SCHEMA|USE)\s+(IF\s+EXISTS\s+)?`?(mysql|sys)\b", re.IGNORECASE)
_TEMPORARY = re.compile(
    rb"\s*CREATE\s+(?:OR\s+REPLACE\s+)?TEMPORARY\s+(?:TABLE|SEQUENCE)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    rb"((?:`[^`]+`|[\w$]+)(?:\s*\.\s*(?:`[^`]+`|[\w$]+))?)",
    re.IGNORECASE,
)
_MAY_CHANGE_OBJECTS = re.compile(
    rb"\s*(/\*|\(|CREATE|ALTER|DROP|RENAME|CALL|EXECUTE|BEGIN|IF|FOR|WHILE|LOOP|REPEAT|CASE"
    rb"|SET\s+STATEMENT)",
    re.IGNORECASE,
)
# What neither makes a name nor changes how one is read.
_MAKES_NOTHING = re.compile(
    rb"\s*(UPDATE|DELETE|SHOW|EXPLAIN|DESC|DESCRIBE|ANALYZE|CHECK|CHECKSUM|OPTIMIZE|REPAIR|HANDLER"
    rb"|DO|COMMIT|ROLLBACK|BEGIN\s*$|START|SAVEPOINT|RELEASE|TRUNCATE|HELP|SIGNAL|GET)\b",
    re.IGNORECASE,
)
# A few rows make a table one that plans are made for; more of them take time alone.
_FILLS = re.compile(rb"\s*(INSERT|REPLACE)\b", re.IGNORECASE)
_FILLS_MAX = 4
_KEEPS_STATE = re.compile(
    rb"\s*(INSERT|UPDATE|DELETE|REPLACE|ALTER|CREATE|ANALYZE|SELECT)\b", re.IGNORECASE
)


def folder():
    """Where data that is thrown away is written fastest: in memory, if there is enough of it."""
    memory = Path("/dev/shm")
    enough = memory.is_dir() and shutil.disk_usage(memory).free > _MEMORY_BYTES_MIN
    return memory if enough else None


_MEMORY_BYTES_MIN = 4 << 30


def is_harmful(statement):
    """Whether a statement must not be run."""
    return bool(
        _HARMFUL_START.match(_without_comment(statement))
        or _HARMFUL.search(statement)
        or _DROPS_SYSTEM.search(statement)
    )


def _without_comment(statement):
    return re.sub(rb"^(\s|/\*M?!\d*|/\*.*?\*/|\()+", b"", statement, flags=re.DOTALL)


class Scratch:
    """A server on which a suite's files run, each over a fresh schema, and what it holds."""

    def __init__(self, server, setup=()):
        """`setup` is run at the start of each session."""
        self.kind = server.kind
        self._server = server
        self._setup = setup
        self._main = self._side = None
        self._id = None
        self.lost = 0
        self.state_changed = True
        # What the server was last told to hold, list by list, and which lists may have changed.
        self._lists = {}
        self._stale = set(_LISTS)
        self.sql_mode, self.schema = "", SCHEMA
        self._temporary = []
        self._fills = 0

    def begin_file(self):
        """Forgets all that the file before left."""
        self._close()
        self._side = self._connect()
        for schema in self._user_schemas():
            self._ask(f"DROP DATABASE `{schema.replace('`', '``')}`")
        self._ask(f"CREATE DATABASE {SCHEMA}")
        self._lists = dict.fromkeys(_LISTS, ())
        self._stale = {"schemas"}
        self._enter()

    def _close(self):
        for connection in (self._main, self._side):
            if connection:
                try:
                    connection.close()
                except pymysql.MySQLError:
                    connection._force_close()
        self._main = self._side = None

    def _connect(self):
        """A fresh connection; a server that ends by a statement may do so a moment later."""
        for _ in range(_CONNECTS_MAX):
            if not self._server.is_running():
                self._server.start_again()
            try:
                # Values stay text: some that servers send are none to Python.
                connection = self._server.connect(
                    read_timeout=_SECONDS_TO_ANSWER, client_flag=CLIENT.MULTI_STATEMENTS, conv={}
                )
                with connection.cursor() as cursor:
                    cursor.execute("SET NAMES utf8mb4")
                    cursor.execute(f"CREATE DATABASE IF NOT EXISTS {SCHEMA}")
                return connection
            except (pymysql.MySQLError, OSError) as error:
                last = error
        raise SystemExit(f"error: {self.kind} does not come back: {last}")

    def _enter(self):
        self._main = self._connect()
        self._main._read_timeout = SECONDS_A_STATEMENT
        self._id = self._main.thread_id()
        with self._main.cursor() as cursor:
            cursor.execute(f"USE {SCHEMA}")
            for statement in self._setup:
                cursor.execute(statement)
        self.state_changed = True
        self._temporary = []

    def run(self, statement):
        """Runs a statement that may make names, or a row; gives the error number, 0 for none."""
        if _MAKES_NOTHING.match(statement) or is_harmful(statement):
            return None
        if _FILLS.match(statement):
            self._fills += 1
            if self._fills > _FILLS_MAX:
                return None
        else:
            self._fills = 0
        if _MAY_CHANGE_OBJECTS.match(statement):
            self._stale |= _changed(statement)
        if not _KEEPS_STATE.match(statement):
            self.state_changed = True
        code, _ = self.rows(statement)
        if code == 0 and (found := _TEMPORARY.match(statement)):
            self._temporary.append(found.group(1).decode(errors="replace"))
            self.state_changed = True
        return code

    def rows(self, statement):
        """The error number and the rows of a statement in the session of the file."""
        rows = []

        def fetch(connection):
            with connection.cursor() as cursor:
                cursor.execute(statement)
                rows.extend(cursor.fetchall())
                while cursor.nextset():
                    pass

        return self.ask(fetch), rows

    def ask(self, question):
        """What the server answers in the session of the file: the error number, 0 for none."""
        try:
            question(self._main)
        except UnicodeDecodeError:
            self._renew()
            return -1
        except (pymysql.MySQLError, OSError) as error:
            number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
            if number in _LOST or isinstance(error, (OSError, pymysql.InterfaceError)):
                self._renew()
                return -1
            return number
        return 0

    def _renew(self):
        """Ends a session that hangs or was lost, and begins another."""
        self.lost += 1
        if self._server.is_running():
            self._ask(f"KILL {self._id}")
        try:
            self._main._force_close()
        except pymysql.MySQLError:
            pass
        self._enter()

    def _ask(self, statement):
        """Rows over the second connection, in which no statement of the suite runs."""
        answers = self._ask_all([statement])
        return answers[0] if answers else ()

    def _ask_all(self, statements):
        """The rows of each, for one way there and back."""
        for _ in range(2):
            try:
                with self._side.cursor() as cursor:
                    cursor.execute("; ".join(statements))
                    answers = [cursor.fetchall()]
                    while cursor.nextset():
                        answers.append(cursor.fetchall())
                    return answers
            except (pymysql.MySQLError, OSError) as error:
                number = error.args[0] if error.args else 0
                if number not in _LOST and not isinstance(error, OSError):
                    return []
                self._side = self._connect()
        return []

    @property
    def objects_changed(self):
        """Whether there may be other objects than when they were last asked for."""
        return bool(self._stale)

    def _user_schemas(self):
        return [name for (name,) in self._ask("SHOW DATABASES") if name.lower() not in _SYSTEM]

    def look(self):
        """Asks for the state of the session; utf8mb4 comes back where a statement left it."""
        query = "SELECT @@sql_mode, DATABASE(), @@character_set_client, @@character_set_results"
        code, rows = self.rows(query + ", @@character_set_connection")
        if code or not rows:
            return
        self.sql_mode, self.schema, *charsets = map(_text, rows[0])
        if set(charsets) != {"utf8mb4"}:
            self.rows("SET NAMES utf8mb4")
        self.state_changed = False

    def temporary_tables(self):
        """The temporary tables of the session."""
        tables = []
        for name in dict.fromkeys(self._temporary):
            code, made = self.rows(f"SHOW CREATE TABLE {name}")
            if code or not re.match("CREATE TEMPORARY", made[0][1]):
                # It is gone, and maybe a table of the same name is seen again.
                continue
            _, rows = self.rows(f"SHOW FULL COLUMNS FROM {name}")
            *schema, table = [part.strip().strip("`") for part in name.split(".")]
            schema = schema[0] if schema else self.schema or SCHEMA
            columns = [
                _column(row[0], re.split(r"[( ]", row[1])[0], _charset(row[2]), row[6] or "", None)
                for row in rows
            ]
            tables.append(_table(schema, table, "InnoDB", columns))
        return tables

    def objects(self):
        """What the server holds in the schemas of the suite."""
        stale = sorted(self._stale)
        answers = self._ask_all([_LISTS[name].format(where=f"NOT IN {_OWN}") for name in stale])
        if len(answers) == len(stale):
            self._lists.update(zip(stale, answers, strict=True))
            self._stale = set()
        return _objects(self._lists)

    def own_objects(self):
        """What the server holds in the schemas of its own."""
        answers = self._ask_all([query.format(where=f"IN {_OWN}") for query in _LISTS.values()])
        return _objects(dict(zip(_LISTS, answers, strict=True)))


def _objects(lists):
    tables = {}
    for schema, name, kind, engine in lists["tables"]:
        engine = None if kind == "VIEW" else "" if kind == "SYSTEM VIEW" else engine or ""
        tables[schema, name] = _table(schema, name, engine, [])
    for schema, name, *column in lists["columns"]:
        if (schema, name) in tables:
            tables[schema, name]["columns"].append(_column(*column))
    for schema, name, text in lists["views"]:
        if (schema, name) in tables:
            tables[schema, name]["view"] = text
    for schema, name, index, common, column in lists["indexes"]:
        if (schema, name) not in tables:
            continue
        indexes = tables[schema, name]["indexes"]
        if not indexes or indexes[-1][0] != index:
            indexes.append([index, int(common) == 0, []])
        indexes[-1][2].append(column)
    return {
        "schemas": [name for (name,) in lists["schemas"]],
        "tables": list(tables.values()),
        "routines": [list(row) for row in lists["routines"]],
    }


def _changed(statement):
    """The lists of objects that a statement may change."""
    text = statement.lower()
    if _RUNS_OTHERS.match(text):
        return set(_LISTS)
    changed = {"tables", "columns", "indexes"}
    marks = {"views": b"view", "routines": b"procedure", "schemas": b"database"}
    changed |= {name for name, mark in marks.items() if mark in text}
    if b"function" in text or b"package" in text:
        changed.add("routines")
    return changed | {"schemas"} if b"schema" in text else changed


def _text(value):
    # A session whose results are not in a character set sends bytes.
    return value.decode(errors="replace") if isinstance(value, bytes) else value


_RUNS_OTHERS = re.compile(rb"\s*(call|execute|begin|if|for|while|loop|repeat|case|set|/\*|\()")
_OWN = "('mysql', 'sys', 'performance_schema', 'information_schema')"
_LISTS = {
    "schemas": "SHOW DATABASES",
    "tables": "SELECT table_schema, table_name, table_type, engine"
    " FROM information_schema.tables WHERE table_schema {where}",
    "columns": "SELECT table_schema, table_name, column_name, data_type, character_set_name, extra,"
    " generation_expression FROM information_schema.columns WHERE table_schema {where}"
    " ORDER BY ordinal_position",
    "views": "SELECT table_schema, table_name, view_definition"
    " FROM information_schema.views WHERE table_schema {where}",
    "indexes": "SELECT table_schema, table_name, index_name, non_unique, column_name"
    " FROM information_schema.statistics WHERE table_schema {where}"
    " ORDER BY index_name, seq_in_index",
    "routines": "SELECT routine_schema, routine_name"
    " FROM information_schema.routines WHERE routine_schema {where}",
}


def _table(schema, name, engine, columns):
    return {
        "schema": schema,
        "name": name,
        "engine": engine,
        "view": None,
        "columns": columns,
        "indexes": [],
    }


def _column(name, data_type, charset, extra, generated):
    if isinstance(data_type, bytes):
        data_type = data_type.decode()
    return {
        "name": name,
        "data_type": data_type,
        "charset": charset,
        "invisible": "invisible" in (extra or "").lower(),
        "generated": generated or None,
    }


def _charset(collation):
    return collation.split("_")[0] if collation else None


def state(scratch):
    """The session's state, as the reader takes it."""
    scratch.look()
    return {
        "sql_mode": scratch.sql_mode,
        "schema": scratch.schema,
        "temporary": scratch.temporary_tables(),
    }

