"""One phase of a run: one kind of server, one schema, with or without guard role, a stretch of cases."""

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace

import findings
import masks
from canaries import Canaries
from clients import BROKEN
from lockstep import Lockstep
from tally import Tally
from worlds import ServerEnded

_CONFIRMED_MAX = 100
_CATALOG_SECONDS = 30
_ROUNDS = 3
_TOLD_EVERY_SECONDS = 20
_UNSTEADY = "differs by chance, not by values"


@dataclass
class Outcome:
    """What a phase found."""

    tally: Tally = field(default_factory=Tally)
    found: list = field(default_factory=list)  # findings as documents
    times: Counter = field(default_factory=Counter)  # how often each signature was seen
    slow: list = field(default_factory=list)
    alarms: Counter = field(default_factory=Counter)
    unreadable: list = field(default_factory=list)
    stuck: list = field(default_factory=list)  # cases after which a session still held locks
    ended: list = field(default_factory=list)  # statements after which a server ended by itself
    seconds: float = 0.0
    is_in_step: bool = True  # whether what is not protected is the same in both worlds at the end
    reached: Counter = field(default_factory=Counter)


class Phase:
    """The worlds set up for one schema, a gateway before each."""

    def __init__(self, worlds, schema, policy, guarded, number, tell, confirmed_max=_CONFIRMED_MAX):
        """`tell` gets a word and what belongs to it: each `finding` at once, the `progress` now and then."""
        self._worlds = worlds
        self._schema = schema
        self._tell = tell
        self._kind = worlds[0].kind
        self.place = {"server": self._kind, "schema": schema.name, "guard": guarded}
        for world in worlds:
            world.set_up(schema)
            world.start_gateway(policy, guarded, number)
        self.outcome = Outcome()
        canaries = Canaries(*map(self._protected_values, worlds))
        canaries.leave_out(self._open(worlds[0]))
        self._lockstep = Lockstep(worlds, schema, canaries, {})
        pairs, self.outcome.unreadable, read = masks.pairs(worlds, schema, self._kind)
        self._lockstep.allow(pairs)
        for sql, exchanges in read:
            self._search_baseline(sql, exchanges, canaries)
        self._unsteady = set()
        self._confirmed, self._confirmed_max = 0, confirmed_max

    def run(self, cases, statements, seconds=float("inf")):
        """Sends cases until that many statements were sent, or that long."""
        begun = told = time.monotonic()
        for case in cases:
            if self.outcome.tally.counts["statements"] >= statements or time.monotonic() - begun > seconds:
                break
            self._case(case)
            if time.monotonic() - told > _TOLD_EVERY_SECONDS:
                told = time.monotonic()
                self.outcome.seconds = told - begun
                self._tell("progress", (self.place, self.outcome.tally, sum(self.outcome.times.values())))
        self.outcome.seconds = time.monotonic() - begun
        return self.outcome

    def replay(self, case):
        """Runs one case over new connections; gives what was seen of each step."""
        self._lockstep.disconnect()
        return self._lockstep.run(case)

    def close(self):
        """Ends the gateways and counts what they say of themselves in their logs."""
        self._lockstep.disconnect()
        a, b = (sorted(map(repr, self._open(world))) for world in self._worlds)
        self.outcome.is_in_step = a == b
        for world in self._worlds:
            gateway = world.gateway
            world.stop_gateway()
            # Both worlds ran the same statements: what one says is enough.
            if world is self._worlds[0]:
                self.outcome.alarms.update(_security_events(gateway.audit_folder))

    def _case(self, case):
        try:
            self._run(case)
        except ServerEnded:
            self._lockstep.disconnect()
            causes = [world.start_again() for world in self._worlds]
            self.outcome.ended.append(next(filter(None, causes), case.id))
            for world in self._worlds:
                world.set_up(self._schema)
            self._wait_for_catalogs()

    def _run(self, case):
        seen = self._lockstep.run(case)
        for one in seen:
            self.outcome.tally.take(one.step, one.error, self._worlds[0].is_accepted)
            if one.excluded:
                self.outcome.tally.counts[f"excluded: {one.excluded}"] += 1
            slow = None if one.wrong else self._lockstep.slow(one)
            if slow:
                self.outcome.slow.append([one.step.sql.decode(errors="replace"), *slow])
        if seen and seen[-1].wrong:
            self._found(case, seen[-1])
        elif case.tables and any(_may_have_written(one) for one in seen):
            self._restore(case)

    def _found(self, case, seen):
        signature = findings.signature(seen)
        self._restore(case)
        if signature in self._unsteady:
            self.outcome.tally.counts[_UNSTEADY] += 1
            return
        self.outcome.times[signature] += 1
        if self.outcome.times[signature] > 1:
            return
        again = None
        if self._confirmed < self._confirmed_max:
            self._confirmed += 1
            again = findings.confirm(self._lockstep, case, lambda: self._restore(case))
        if seen.wrong[0] == "difference" and not self._is_worth_telling(case, seen, again):
            self._unsteady.add(signature)
            del self.outcome.times[signature]
            self.outcome.tally.counts[_UNSTEADY] += 1
            return
        last, steps = again or (seen, case.steps[: seen.number + 1])
        self._keep(findings.document(self.place, case, last, steps, alone=again is not None))
        if again is None and self._confirmed < self._confirmed_max:
            # What an earlier case left behind shall not be found once more.
            for world in self._worlds:
                world.set_up(self._schema)
            self._wait_for_catalogs()

    def _is_worth_telling(self, case, seen, again):
        """Whether a difference is more than chance.

        An order of rows that the case alone does not show hangs on what a server has in its memory, and a plan
        on when it counted the rows of a table last.
        """
        if again:
            return again[0].wrong[0] != "difference" or self._is_of_values(case, again[1])
        return not self._lockstep.is_of_plan(seen)

    def _is_of_values(self, case, steps):
        """Whether a difference comes from the values: it is there always, and gone where they are the same.

        Some orders of rows, such as that of ties, hang on where things lie in a server's memory. Each time
        that the tables are made anew they lie elsewhere: chance does not come and go with the values.
        """
        first, second = self._worlds
        steady = (findings.is_steady, second.name), (findings.is_gone, first.name)
        try:
            for holds, values_of in steady * _ROUNDS:
                second.set_up(self._schema, values_of=values_of)
                self._wait_for_catalogs()
                if not holds(self._lockstep, steps, case.tables, lambda: self._restore(case)):
                    return False
            return True
        finally:
            second.set_up(self._schema)
            self._wait_for_catalogs()

    def _wait_for_catalogs(self):
        """Until both gateways have seen that tables were made anew: until then they may refuse."""
        names = [table.name for table in self._schema.relations(self._kind)]
        steps = [findings.plain_step(f"SELECT COUNT(*) FROM {name}".encode()) for name in names]
        deadline = time.monotonic() + _CATALOG_SECONDS
        while time.monotonic() < deadline:
            self._lockstep.disconnect()
            try:
                seen = self._lockstep.run(SimpleNamespace(steps=steps, tables=()))
            except BROKEN:
                continue
            if len(seen) == len(steps) and not any(one.wrong or one.error for one in seen):
                return
        raise TimeoutError("the gateways do not see tables that were made anew")

    def _keep(self, finding):
        self.outcome.found.append(finding)
        self._tell("finding", finding)

    def _restore(self, case):
        if case.tables:
            for world in self._worlds:
                stood = world.restore(self._schema, case.tables)
                if stood:
                    self._lockstep.disconnect()
                    self.outcome.stuck.append([case.id, *stood])

    def _protected_values(self, world):
        for column in self._schema.protected(self._kind):
            for (value,) in world.rows(f"SELECT {_readable(column)} FROM {column.table}"):
                yield value

    def _open(self, world):
        """All that a client may see: what stands there in clear is no canary.

        So may it see types, and with them the members of ENUM and SET.
        """
        for column in self._schema.protected(self._kind):
            yield from re.findall(r"'((?:[^']|'')*)'", column.type)
        for table in self._schema.relations(self._kind):
            names = [_readable(c) for c in table.columns if not c.protected]
            if names:
                for row in world.rows(f"SELECT {', '.join(names)} FROM {table.name}"):
                    yield from row

    def _search_baseline(self, sql, exchanges, canaries):
        received = b"".join(bytes(exchange.received) for exchange in exchanges)
        found = canaries.find(received)
        if found:
            self.outcome.times["canary", "a plain read", sql] += 1
            self._keep(findings.plain_read(self.place, sql, found, received))


def _readable(column):
    # PyMySQL takes a vector for text.
    return f"UNHEX(HEX({column.name}))" if column.type.startswith("VECTOR") else column.name


def _may_have_written(seen):
    sql = seen.step.sql.lstrip().upper()
    if sql.startswith((b"SELECT", b"SHOW", b"EXPLAIN", b"TABLE", b"VALUES", b"(")) and b";" not in sql:
        return False
    return seen.error is None or "[POSTERN-" not in seen.error[1] or "POSTERN-PROTECTED" in seen.error[1]


def _security_events(folder):
    for segment in sorted(folder.iterdir()):
        if segment.is_file() and segment.read_bytes()[:1] == b"{":
            with segment.open() as lines:
                for line in lines:
                    if '"security_event"' in line:
                        yield _event(json.loads(line))


def _event(record):
    event = record
    for key in ("event", "security_event"):
        event = event.get(key, event) if isinstance(event, dict) else event
    return f"{event.get('kind', '?')}: {event.get('detail', '')}" if isinstance(event, dict) else str(event)
