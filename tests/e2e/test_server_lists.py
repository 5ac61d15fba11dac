"""Our lists against the servers' own: every name that a server has is on a list, or refused by name."""

import json
import re

import pytest
from gateway import binary
from programs import run
from servers import mysql_program, program

@pytest.fixture(scope="module")
def lists(server):
    """Our lists for that server: {list: {standing: {name: reason}}}."""
    version = server.rows("SELECT VERSION()")[0][0]
    done = run([binary(), "policy", "lists", "--server", version, "--json"])
    assert done.returncode == 0, done.stderr
    found = {}
    for entry in json.loads(done.stdout):
        standings = found.setdefault(entry["list"], {})
        standings.setdefault(entry["standing"], {})[entry["name"]] = entry["reason"]
    return found


def names(server, query):
    """The first column, lower case."""
    return {str(row[0]).lower() for row in server.rows(query)}


def report(server, what, refused):
    """What is on no list is refused; printed, so that a new name of a new version is seen."""
    print(f"\n{server.kind}: {len(refused)} {what} refused: {' '.join(sorted(refused))}")


def check_names(server, listed, served, what):
    """Names by which paths, hosts, keys or other sessions are told are on no list."""
    readable, families = set(listed["readable"]), tuple(listed["family"])
    in_family = {name for name in served if name.startswith(families)}
    report(server, what, served - readable - in_family)
    return (readable & served) | in_family


def test_every_variable_is_listed_or_refused(server, lists):
    served = names(server, "SHOW GLOBAL VARIABLES") | names(server, "SHOW SESSION VARIABLES")
    readable = check_names(server, lists["variable"], served, "variables")
    telling = re.compile(
        r"(dir|_file|_path|basedir|socket|hostname|_ca|_cert|password|server_id|uuid|port)$"
        r"|^ssl_key$|^(bind_|report_|secure_|admin_|gtid_(executed|purged)|datadir|tmpdir)"
    )
    assert {name for name in readable if telling.search(name)} <= {"character_sets_dir"}
    assert not readable & {"warning_count", "error_count", "last_gtid", "statement_id"}
    # A family is open as a whole, so every name of it has been argued for.
    families = tuple(lists["variable"]["family"])
    unargued = {name for name in served if name.startswith(families)}
    assert unargued <= set(lists["variable"]["readable"])


def test_variables_that_may_be_set_are_the_sessions_own(server, lists):
    """And none of them is a name that both servers have forgotten."""
    for name in lists["variable"]["settable"]:
        assert name in set(lists["variable"]["readable"]), name
    served = names(server, "SHOW SESSION VARIABLES")
    settable = set(lists["variable"]["settable"])
    print(f"\n{server.kind}: not there: {sorted(settable - served)}")
    assert len(settable & served) > 25


def test_every_status_is_listed_or_refused(server, lists):
    served = names(server, "SHOW GLOBAL STATUS") | names(server, "SHOW SESSION STATUS")
    readable = check_names(server, lists["status"], served, "status counters")
    counts = re.compile("row|handler|sort|tmp|bytes|select|cost|key_|innodb|page|_ca$|_key$|_cert")
    assert not {name for name in readable if counts.search(name)}


def test_every_table_of_information_schema_is_listed_or_refused(server, lists):
    listed = lists["information_schema"]
    query = (
        "SELECT LOWER(CONCAT(table_name, '.', column_name)) FROM information_schema.columns "
        "WHERE table_schema = 'information_schema'"
    )
    served = names(server, query)
    tables = {name.split(".")[0] for name in served}
    report(server, "tables of information_schema", tables - set(listed["open"]))
    assert set(listed["open"]) <= tables
    assert set(listed["column"]) <= served
    # Every column of an open table is open, or hidden by name: a new one is refused, and seen here.
    of_open = {name for name in served if name.split(".")[0] in listed["open"]}
    missed = of_open - set(listed["column"]) - set(listed["hidden"])
    assert not missed, f"new columns, refused: {missed}"
    for table in listed["open"]:
        if any(hidden.startswith(f"{table}.") for hidden in listed["hidden"]):
            continue
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM information_schema.{table} LIMIT 0")
            shown = [f"{table}.{column[0].lower()}" for column in cursor.description]
        assert shown == [name for name in listed["column"] if name.startswith(f"{table}.")]


def executable(server):
    """The server's program file."""
    if server.kind == "mysql":
        return mysql_program("sbin/mysqld")[-1]
    return program("mariadbd")


def native_functions(server):
    """Names that the server calls without a stored function of that name: tried, not run."""
    words = re.findall(rb"(?<=\0)[A-Za-z][A-Za-z0-9_]{1,63}(?=\0)", executable(server).read_bytes())
    candidates = {word.decode().lower() for word in words}
    # A linker keeps a word that is the end of another within that one: older names of spatial functions are.
    candidates |= {word.removeprefix("st_") for word in candidates}
    if server.kind == "mariadb":
        candidates |= names(server, "SELECT function FROM information_schema.sql_functions")
    native = set()
    with server.connect(database="shop") as connection, connection.cursor() as cursor:
        for name in sorted(candidates):
            try:
                cursor.execute(f"PREPARE p FROM 'SELECT {name}()'")
            except Exception as error:  # noqa: BLE001
                # Unknown, a word of the grammar, or one that a schema would have to hold.
                if error.args[0] in (1305, 1064, 1630, 1128):
                    continue
            native.add(name)
    return native


def test_every_function_is_listed(server, lists):
    listed = lists["function"]
    families = tuple(listed["refused family"])
    known = set(listed["ordinary"]) | set(listed["refused"]) | set(listed["total"])
    served = native_functions(server)
    assert len(served) > 250
    missing = {name for name in served if name not in known and not name.startswith(families)}
    report(server, "functions of no list", missing)
    # Unknown to us they are refused as unknown; both servers of the tests are known in full.
    assert missing <= GRAMMAR, f"new functions, refused: {missing - GRAMMAR}"
    later = set(listed.get("later", {})) & served
    assert not later, f"there already: {later}"


# Forms of the grammar, which have readers of their own.
GRAMMAR = {"cast", "convert", "values", "default"}


def test_ordinary_functions_are_the_servers_own(server, lists):
    """A name that the server does not have would be a stored or loadable function."""
    strange = set()
    with server.connect(database="shop") as connection, connection.cursor() as cursor:
        for name in lists["function"]["ordinary"]:
            codes = set()
            # Some are told from a stored function by the number of their arguments.
            for arguments in ("", "1", "1, 1", "1, 1, 1"):
                try:
                    cursor.execute(f"PREPARE p FROM 'SELECT {name}({arguments})'")
                    codes.add(0)
                except Exception as error:  # noqa: BLE001
                    codes.add(error.args[0])
            if codes == {1305}:
                strange.add(name)
    assert not strange


def test_character_sets_are_known(server, lists):
    served = names(server, "SELECT character_set_name FROM information_schema.character_sets")
    clients = set(lists["character set"]["client"])
    report(server, "character sets of clients", served - clients)
    assert clients <= served
    assert not clients & {"gbk", "sjis", "big5", "cp932", "gb18030", "utf16", "utf32", "ucs2"}


def test_engines_are_plain(server, lists):
    served = names(server, "SELECT engine FROM information_schema.engines")
    plain = set(lists["engine"]["plain"])
    report(server, "engines", served - plain)
    assert {"innodb", "myisam", "memory"} <= plain & served


def test_sql_modes_are_known(server, lists):
    """Every bit of the mode has a name that is known, or one of another product, refused."""
    known = set(lists["sql_mode"]["settable"])
    other = {"MAXDB", "MSSQL", "ORACLE", "DB2", "POSTGRESQL", "MYSQL323", "MYSQL40", "INTERPRET_UTF8_AS_UTF8MB4"}
    with server.connect() as connection, connection.cursor() as cursor:
        for bit in range(48):
            try:
                cursor.execute(f"SET sql_mode = {1 << bit}")
            except Exception:  # noqa: BLE001
                continue
            cursor.execute("SELECT @@sql_mode")
            (modes,) = cursor.fetchone()
            assert set(filter(None, modes.split(","))) <= known | other | {"NOT_USED"}, modes
