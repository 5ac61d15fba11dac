"""The command line clients as sessions: a process for each connection, fed and read line by line."""

import re
import signal
import subprocess

import registry
from open_world import USER
from programs import die_with_parent, environment
from servers import mysql_plugins, mysql_program, program

from session import ClientError, deadline

_SECONDS = 60
_OPTIONS = ["--batch", "--force", "--unbuffered", "--skip-reconnect", "--skip-column-names", "--binary-as-hex"]
# What a program says by itself behind each request, without asking the server.
_DONE = "no more of it"
_ERROR = re.compile(r"^ERROR (\d+) \(\w+\)(?: at line \d+)?: (.*)$")
# What one of the programs says by itself where it stopped a statement, behind an empty line.
_KILLED = "Ctrl-C -- query killed."
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\0": "\0", "\\\\": "\\"}


class CommandLine:
    """One of the command line clients."""

    def __init__(self, name, place, scratch):
        self._made = name, place, scratch
        self._place = place
        self._cwd = scratch
        self._program = _PROGRAMS[name]
        self._connections = {}

    def ask(self, do, **arguments):
        return getattr(self, f"_{do}")(**arguments)

    def start(self, do, on, sql):
        assert do == "query"
        self._running = on
        self._write(on, f"{sql}\n//\n")

    def finish(self):
        return self._read(self._running)

    def interrupt(self, _):
        self._connections[self._running].send_signal(signal.SIGINT)

    def kill(self, connected):
        with CommandLine(*self._made) as other:
            other.ask("connect", on="other")
            other.ask("query", on="other", sql=f"KILL {connected['id']}")

    def stop(self):
        for on in list(self._connections):
            self._close(on)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _connect(self, on, database="matrix", password=None, local=False, large=False, **_):
        where = ["-h", "127.0.0.1", "-P", self._place.port, "-u", USER, f"--ssl-ca={self._place.authority}"]
        more = [f"--local-infile={int(local)}"] + (["--max-allowed-packet=64M"] if large else [])
        command = [*self._program(), *where, *_OPTIONS, *more, database]
        self._connections[on] = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A token on the command line would be seen by everyone on the machine.
            env=environment(MYSQL_PWD=password or self._place.password),
            cwd=self._cwd,
            preexec_fn=die_with_parent,
        )
        self._write(on, "delimiter //\n")
        return {"id": self._query(on, "SELECT CONNECTION_ID()")[0]["rows"][0][0].split()[1]}

    def _query(self, on, sql):
        self._write(on, f"{sql}\n//\n")
        return self._read(on)

    def _copy(self, on, select, insert):
        (result,) = self._query(on, select)
        for (cell,) in result["rows"]:
            self._query(on, insert.replace("?", _literal(cell)))
        return result["rows"]

    def _begin(self, on):
        self._query(on, "BEGIN")

    def _commit(self, on):
        self._query(on, "COMMIT")

    def _rollback(self, on):
        self._query(on, "ROLLBACK")

    def _reconnect(self, on):
        self._write(on, "\\r\n")
        self._read(on)

    def _pool(self, leave, ask):
        """The program's own command for a reset."""
        self._connect("pooled")
        for sql in leave:
            self._query("pooled", sql)
        self._write("pooled", "\\x\n")
        self._read("pooled")
        found = [self._query("pooled", sql) for sql in ask]
        self._close("pooled")
        return {"left": found}

    def _close(self, on):
        process = self._connections.pop(on)
        with deadline(process, _SECONDS):
            process.communicate()

    def _write(self, on, text):
        process = self._connections[on]
        try:
            process.stdin.write(text.encode())
            process.stdin.flush()
        except BrokenPipeError:
            # What it said before its end is read behind this.
            pass

    def _read(self, on):
        """What the program prints until it says that it is done with all that it was told."""
        process = self._connections[on]
        self._write(on, f"\\! echo {_DONE}\n")
        rows = []
        error = None
        with deadline(process, _SECONDS):
            for line in process.stdout:
                line = line.decode(errors="replace").rstrip("\n")
                if line == _DONE:
                    break
                if line == _KILLED:
                    rows = rows[:-1]
                elif found := _ERROR.match(line):
                    error = error or ClientError(int(found[1]), found[2])
                else:
                    rows.append([_cell(text) for text in line.split("\t")])
            else:
                error = error or ClientError(None, "the program ended")
        if error:
            raise error
        return [{"rows": rows}]


def _cell(text):
    if text == "NULL":
        return None
    text = re.sub(r"\\[nt0\\]", lambda found: _ESCAPES[found[0]], text)
    return f"text {text if len(text) < 400 else f'{text[:20]}… of {len(text)}'}"


def _literal(cell):
    """A cell as it may stand in a statement."""
    if cell is None:
        return "NULL"
    text = cell.split(" ", 1)[1]
    if re.fullmatch("0x[0-9A-F]*", text):
        # One of the programs shows NULL so.
        return text if len(text) > 2 else "NULL"
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _mysql():
    return [*mysql_program("bin/mysql"), "--no-defaults", f"--plugin-dir={mysql_plugins()}", "--commands", "--system-command"]


def _mariadb():
    # As Debian's own file of options has it.
    return [program("mariadb"), "--no-defaults", "--default-character-set=utf8mb4"]


_PROGRAMS = {name: {"mysql CLI 9.7": _mysql, "mariadb CLI": _mariadb}[name] for name in registry.CLIENTS if registry.CLIENTS[name]["language"] == "cli"}
