"""Sends a corpus of statements through Postern to both servers, as real clients do, and judges what came back.

    python tests/corpus_run.py [FILE] [--server mysql|mariadb] [--only A001,A002] [--direct]

Each entry is sent as text and, without parameters, as a prepared statement, in a session of its own.
Attacks are sent twice, over two sets of protected values: a client must not be able to tell them
apart. `--direct` leaves Postern out, to see what the servers would do. Exits 0 only when no attack
got through and nothing harmless was refused.
"""

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "e2e"), str(HERE / "corpus")]

import commands  # noqa: E402
import pymysql  # noqa: E402
import verdict  # noqa: E402
from certificates import Authority  # noqa: E402
from clients import CLIENTS, Refused, Undecodable  # noqa: E402
from database import Database, Files  # noqa: E402
from gateway import Gateway  # noqa: E402
from issuers import Mint  # noqa: E402
from servers import READER, WRITER, Server  # noqa: E402
from verdict import Outcome  # noqa: E402
from wire import Wire  # noqa: E402


def main():
    arguments = _arguments()
    entries = _entries(arguments)
    kinds = [arguments.server] if arguments.server else ["mysql", "mariadb"]
    with tempfile.TemporaryDirectory(prefix="postern-corpus-") as folder:
        with ThreadPoolExecutor(len(kinds)) as pool:
            runs = [Run(kind, Path(folder) / kind, arguments.direct) for kind in kinds]
            try:
                # Child processes die with the thread that starts them, so this thread starts all.
                for run in runs:
                    run.start()
                results = list(pool.map(lambda run: run.send(entries), runs))
            finally:
                for run in runs:
                    run.stop()
    for run, complaints in zip(runs, results, strict=True):
        for complaint in complaints:
            print(f"{run.kind}: {complaint}")
    for run, complaints in zip(runs, results, strict=True):
        print(run.summary(complaints))
    return 1 if any(results) else 0


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", default=HERE / "corpus" / "statements.jsonl")
    parser.add_argument("--server", choices=["mysql", "mariadb"])
    parser.add_argument("--only", help="ids, separated by commas")
    parser.add_argument("--direct", action="store_true", help="without Postern")
    return parser.parse_args()


def _entries(arguments):
    # Statements hold other line ends of Unicode, so lines are split at LF alone.
    lines = Path(arguments.file).read_bytes().split(b"\n")
    entries = [json.loads(line) for line in lines if line.strip()]
    if arguments.only:
        wanted = set(arguments.only.split(","))
        entries = [entry for entry in entries if entry["id"] in wanted]
    for entry in entries:
        exact = entry.get("sql_hex") or [None] * len(entry["sql"])
        entry["bytes"] = [
            bytes.fromhex(digits) if digits else sql.encode()
            for sql, digits in zip(entry["sql"], exact, strict=True)
        ]
    return entries


class Run:
    """The corpus on one server."""

    def __init__(self, kind, folder, direct):
        self.kind = kind
        self._folder = folder
        self._direct = direct
        self._server = self._gateway = self._mint = None
        self._sent = {"attack": 0, "benign": 0}

    def start(self):
        self._folder.mkdir()
        self._authority = Authority(self._folder)
        self._server = Server(self.kind, self._folder, self._authority)
        self._database = Database(self._server)
        self._server.add_catalog_account()
        # The session account may do everything, so that Postern alone stands in the way.
        self._server.add_account(READER, "ALL PRIVILEGES ON *.*")
        self._server.add_account(WRITER, "SELECT ON app.*")
        self._mint = Mint(self._authority)
        if not self._direct:
            policy = (HERE / "corpus" / "policy.toml").read_text()
            self._gateway = Gateway(
                self._folder,
                self._server,
                self._authority,
                self._mint,
                policy,
                limits={"sessions_per_principal_max": 1000},
                guard_role=None,
            ).start()

    def stop(self):
        for part in (self._gateway, self._mint, self._server):
            if part:
                part.stop()

    def send(self, entries):
        """Sends every entry that applies here; gives the complaints."""
        self._database.changes()
        mine = [entry for entry in entries if entry["server"] in ("both", self.kind)]
        if self._direct:
            # These would take the tests' own accounts away.
            mine = [entry for entry in mine if entry["category"] != "admin"]
        complaints, signatures = [], {}
        for entry in mine:
            self._sent[entry["kind"]] += 1
            for protocol in self._protocols(entry):
                complaint, outcome = self._try(entry, protocol)
                signatures[entry["id"], protocol] = outcome.signature()
                if complaint:
                    complaints.append(complaint)
        if not self._direct:
            complaints += self._send_again(mine, signatures)
        return complaints

    def _send_again(self, entries, signatures):
        """Sends the attacks over other protected values: what comes back must be the same."""
        self._database.use_other_values()
        for entry in entries:
            for protocol in self._protocols(entry):
                if entry["kind"] != "attack":
                    continue
                _, outcome = self._try(entry, protocol)
                if outcome.signature() != signatures[entry["id"], protocol]:
                    first = signatures[entry["id"], protocol]
                    detail = f"depends on protected values: {first[:150]} / {outcome.signature()[:150]}"
                    yield verdict.Complaint(entry, protocol, "leaked", detail)

    @staticmethod
    def _protocols(entry):
        if entry.get("protocol"):
            return ["command"]
        return ["text"] if entry["multi_statements"] else ["text", "prepared"]

    def _try(self, entry, protocol):
        files = Files(entry["bytes"])
        outcome = self._run(entry, protocol)
        if not self._server.is_running():
            raise SystemExit(f"{self.kind}: {entry['id']} stopped the server")
        if self._gateway and not self._gateway.is_running():
            raise SystemExit(f"{self.kind}: {entry['id']} stopped the gateway")
        changes = self._database.changes() + files.changes()
        if entry["kind"] == "attack":
            return verdict.judge_attack(entry, protocol, outcome, changes, self._masked()), outcome
        direct = self._run(entry, protocol, direct=True) if outcome.refusals else outcome
        return verdict.judge_benign(entry, protocol, outcome, direct), outcome

    def _run(self, entry, protocol, direct=False):
        direct = direct or self._direct
        outcome = Outcome(entry["bytes"])
        if protocol == "command":
            return self._command(entry, outcome)
        client = self._connect(CLIENTS[protocol], entry["multi_statements"], direct)
        try:
            for sql in entry["bytes"]:
                try:
                    outcome.answers.append(client.run(sql))
                except Refused as refused:
                    outcome.refusals.append(str(refused))
                    outcome.lost = refused.lost
                except Undecodable as error:
                    outcome.answers.append([["undecodable", str(error)]])
                    break
                if outcome.lost:
                    break
                # Warnings tell of values too.
                try:
                    client.warnings()
                except (Refused, Undecodable):
                    pass
        finally:
            client.close()
        outcome.received = bytes(client.received)
        return outcome

    def _command(self, entry, outcome):
        if self._direct:
            return outcome

        def connect(capabilities):
            wire = Wire(self._gateway.port, self._gateway.authority)
            return wire.login(self._token(), capabilities=capabilities)

        wire, refused = commands.run(entry["protocol"], connect)
        wire.close()
        outcome.received = bytes(wire.received)
        outcome.refusals = ["refused"] if refused else []
        return outcome

    def _connect(self, client, multi_statements, direct):
        port, user, password = self._server.port, READER.name, READER.password
        if not direct:
            port, user, password = self._gateway.port, "shop", self._token()
        return client(
            "127.0.0.1", port, user, password, str(self._authority.certificate), multi_statements
        )

    def _token(self):
        return self._mint.token("corpus", ["agents"])

    def _masked(self):
        """What the bare protected columns are shown as."""
        if self._direct:
            return []
        if not hasattr(self, "_constants"):
            client = self._connect(CLIENTS["text"], False, False)
            try:
                rows = client.run(b"SELECT ssn, CONCAT(ssn, 'x'), LENGTH(ssn) FROM app.users") or []
            except Refused:
                rows = []
            finally:
                client.close()
            self._constants = [str(cell) for row in rows for cell in row]
        return self._constants

    def summary(self, complaints):
        kinds = [complaint.kind for complaint in complaints]
        return (
            f"{self.kind}: attacks {self._sent['attack']} leaked {kinds.count('leaked')}"
            f" wrongly-allowed {kinds.count('wrongly-allowed')},"
            f" benign {self._sent['benign']} refused {kinds.count('refused')}"
        )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except pymysql.err.MySQLError as error:
        sys.exit(f"error: the corpus could not be sent: {error}")
