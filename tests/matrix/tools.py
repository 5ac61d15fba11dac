"""Programs that run to their end: they have steps of their own for the features that mean something to them."""

import re
import shutil

from open_world import USER
from programs import environment, run
from servers import mysql_plugins, mysql_program

from session import ClientError

_SECONDS = 120
_ERROR = re.compile(r"\b(?:ERROR|[Ee]rror:?|Error reading:|errno =|failed:?)\s*\(?(\d{4})\b")


class Tool:
    """A program with a way to its server; each run of it is a connection."""

    def __init__(self, name, place, scene):
        self._place = place
        self._scene = scene
        self._folder = scene.scratch / name
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()

    def stop(self):
        pass

    def _run(self, command, **surroundings):
        done = run(command, seconds=_SECONDS, cwd=self._folder, env=environment(**surroundings))
        said = (done.stdout[-4000:] + done.stderr[-4000:]).decode(errors="replace")
        if done.returncode:
            found = _ERROR.search(said)
            raise ClientError(int(found[1]) if found else None, said[-1000:])
        return done.stdout


class SysBench(Tool):
    def __init__(self, name, place, scene):
        super().__init__(name, place, scene)
        # It looks for these names where it is started, and for nothing else.
        certificate, key = scene.authority.sign("sysbench")
        files = {"client-cert.pem": certificate, "client-key.pem": key, "cacert.pem": place.authority}
        for file, source in files.items():
            shutil.copyfile(source, self._folder / file)

    def run_connect(self, steps):
        steps.expect("make a table", lambda: self._bench("oltp_read_only", "prepare"))
        steps.expect("rows", lambda: self._scene.rows("SELECT COUNT(*) FROM other.sbtest1"), ((100,),))
        steps.expect("read", lambda: self._bench("oltp_point_select"))
        wrong = "not the password"
        steps.refuse("wrong password", lambda: self._bench("oltp_point_select", password=wrong), 1045)
        steps.expect("take it away", lambda: self._bench("oltp_read_only", "cleanup"))

    def run_prepared(self, steps):
        self._bench("oltp_read_only", "prepare")
        steps.expect("read", lambda: self._bench("oltp_read_only", mode="auto"))
        steps.expect("write", lambda: self._bench("oltp_read_write", mode="auto"))
        self._bench("oltp_read_only", "cleanup")

    def run_transactions(self, steps):
        self._bench("oltp_read_only", "prepare")
        steps.expect("one thread", lambda: self._bench("oltp_read_write"))
        # They get into each other's way, and then take up a transaction again.
        several = [("transactions", "20"), ("reconnects", "0")]
        steps.expect("several threads", lambda: _kept(self._bench("oltp_read_write", threads=4)), several)
        self._bench("oltp_read_only", "cleanup")

    def _bench(self, test, do="run", password=None, mode="disable", threads=1):
        """What it counted, which follows from the number of events."""
        command = ["sysbench", test, "--db-driver=mysql", "--mysql-host=127.0.0.1", f"--mysql-port={self._place.port}"]
        command += [f"--mysql-user={USER}", f"--mysql-password={password or self._place.password}", "--mysql-ssl=on"]
        command += ["--mysql-db=other", "--tables=1", "--table-size=100", f"--db-ps-mode={mode}"]
        command += [f"--threads={threads}", "--events=20", "--time=0", do]
        said = self._run(command).decode()
        return re.findall(r"^ +(read|write|other|transactions|reconnects): +(\d+)", said, re.MULTILINE)


class MySqlDump(Tool):
    def run_connect(self, steps):
        steps.expect("dump", lambda: _shortened(self._dump("numbers")))
        steps.expect("restore", lambda: self._restored("numbers"), self._scene.rows("SELECT * FROM numbers"))
        steps.refuse("no such table", lambda: self._dump("nothing"))
        steps.refuse("wrong password", lambda: self._dump("numbers", password="not the password"), 1045)

    def run_large_packet(self, steps):
        length = 17_000_000
        self._scene.server.run(f"INSERT INTO matrix.large VALUES ('row', REPEAT('v', {length}))")
        steps.expect("dump", lambda: _shortened(self._dump("large")))
        stored = f"SELECT name, LENGTH(value), value = REPEAT('v', {length}) FROM other.large"
        steps.expect("restore", lambda: self._restored("large", stored), (("row", length, 1),))

    def run_transactions(self, steps):
        steps.expect("one snapshot", lambda: _shortened(self._dump("numbers", "--single-transaction")))
        steps.expect("locked tables", lambda: _shortened(self._dump("numbers", "--lock-tables")))

    def run_types(self, steps):
        asked = "SELECT COUNT(*) FROM other.source"
        if steps.expect("dump", lambda: self._restored("source", asked), ((3,),)) is None:
            return
        for column in self._scene.columns:
            stored = lambda column=column: self._scene.stored(column, "other.source")  # noqa: E731
            steps.expect(column, stored, self._scene.original(column))

    def _restored(self, table, asked=None):
        """Dumps a table, restores it elsewhere at the server itself, and asks there."""
        self._scene.restore(self._dump(table))
        return self._scene.rows(asked or f"SELECT * FROM other.{table}")

    def _dump(self, table, *options, password=None):
        where = ["-h", "127.0.0.1", "-P", self._place.port, "-u", USER, f"--ssl-ca={self._place.authority}"]
        command = [*mysql_program("bin/mysqldump"), "--no-defaults", f"--plugin-dir={mysql_plugins()}", *where]
        command += ["--max-allowed-packet=64M", "--hex-blob", "--skip-comments", "--no-tablespaces", *options]
        # What MariaDB does not have.
        command += ["--column-statistics=0", "--set-gtid-purged=OFF"]
        return self._run([*command, "matrix", table], MYSQL_PWD=password or self._place.password)


class MyDumper(MySqlDump):
    def run_transactions(self, steps):
        steps.expect("one snapshot", lambda: _shortened(self._dump("numbers", "--trx-consistency-only")))

    def _dump(self, table, *options, password=None):
        folder = self._folder / "dump"
        shutil.rmtree(folder, ignore_errors=True)
        where = ["-h", "127.0.0.1", "-P", self._place.port, "-u", USER, "--ssl", "--ca", self._place.authority]
        # It knows no other way to be told a password.
        command = ["mydumper", *where, "-p", password or self._place.password, "-t", "1", "-o", folder]
        self._run([*command, "-B", "matrix", "-T", table, *(options or ["--no-locks"])])
        files = sorted(folder.glob("matrix.*.sql"), key=lambda path: not path.name.endswith("-schema.sql"))
        if not files:
            raise ClientError(None, "no such table")
        return b"".join(file.read_bytes() for file in files)


def _kept(counted):
    return [count for count in counted if count[0] in ("transactions", "reconnects")]


def _shortened(dump):
    return dump.decode(errors="replace") if len(dump) < 10_000 else f"{len(dump)} bytes"
