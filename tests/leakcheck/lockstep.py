"""One statement after the other, sent to both worlds alike, and what came back of each compared."""

import time
from dataclasses import dataclass
from types import SimpleNamespace

import answers
import exclusions
from clients import BROKEN, Lost, client_for, connect
from compare import Difference, compare, show
from worlds import ServerEnded

SLOW_SECONDS = 0.2
_SLOW_RUNS = 3
_CASES_PER_CONNECTION = 400
# After anything else the session may not be as it was.
_HARMLESS = (
    b"SELECT", b"WITH", b"TABLE", b"VALUES", b"INSERT", b"UPDATE", b"DELETE", b"REPLACE", b"SHOW",
    b"EXPLAIN", b"DESCRIBE", b"DESC", b"(",
)  # fmt: skip
# A variable that limits the rows of all statements after it.
_ROW_LIMIT = b"sql_select_limit"
_SHOW_WARNINGS = SimpleNamespace(sql=b"SHOW WARNINGS", send="text", parameters=(), ordered=False)


@dataclass
class Seen:
    """What became of one step: the exchanges of each world, and what is wrong about them."""

    step: object
    number: int
    exchanges: list
    seconds: list
    wrong: tuple = ()  # (kind, Difference)
    excluded: str = ""  # the exclusion under which a difference falls

    @property
    def error(self):
        """Code and text of the first error that world A's client got, or None."""
        return first_error(self.exchanges[0])


class Lockstep:
    """The connections to both worlds, one pair for each kind of client."""

    def __init__(self, worlds, schema, canaries, pairs):
        self._worlds = worlds
        self._schema = schema
        self._canaries = canaries
        self._pairs = pairs
        self._exclusions = exclusions.load()
        self._connections = {}
        self._used = {}
        self._before = b""

    def allow(self, pairs):
        """Cells that may differ: what a mask shows of the same row in both worlds."""
        self._pairs = pairs

    def run(self, case):
        """Sends the steps of a case; gives what was seen of each, up to the first that went wrong."""
        kind = client_for(case)
        seen = []
        self._before = b""
        try:
            for number, step in enumerate(case.steps):
                if _ROW_LIMIT in step.sql.lower():
                    self._before = _ROW_LIMIT
                seen.append(self._step(kind, step, number))
                if not seen[-1].wrong and _failed_at_server(seen[-1].error):
                    seen[-1].wrong = self._warnings_of(kind, seen[-1])
                if seen[-1].wrong:
                    break
            lost = False
        except _BothLost:
            lost = True
        if lost or seen and seen[-1].wrong:
            self.disconnect(kind)
        else:
            self._tidy(kind, case)
        return seen

    def _warnings_of(self, kind, seen):
        limits, self._before = self._before, seen.step.sql
        try:
            return self._step(kind, _SHOW_WARNINGS, seen.number).wrong
        finally:
            self._before = limits

    def _step(self, kind, step, number):
        pair = self._pair(kind)
        exchanges, seconds, lost = [], [], []
        for connection in pair:
            connection.journal.take()
            begun = time.perf_counter()
            try:
                connection.send(step)
                lost.append("")
            except Lost as error:
                lost.append(str(error) or "lost")
            seconds.append(time.perf_counter() - begun)
            exchanges.append(connection.journal.take())
        seen = Seen(step, number, exchanges, seconds)
        seen.wrong = self._judge(seen, lost)
        if not seen.wrong and any(lost):
            self.disconnect(kind)
            raise _BothLost
        return seen

    def _judge(self, seen, lost):
        a, b = seen.exchanges
        found = self._canary(a, b)
        if found:
            return "canary", found
        if bool(lost[0]) != bool(lost[1]):
            return "difference", Difference("connection lost in one world", lost[0], lost[1])
        difference = self._compare(seen.step, a, b)
        if difference is None:
            return ()
        found = exclusions.find(self._exclusions, self._schema, seen.step, difference, self._before)
        seen.excluded = found or ""
        return () if seen.excluded else ("difference", difference)

    def is_of_plan(self, seen):
        """Whether nothing but how a server found and ordered the rows tells two answers apart."""
        if compare(*seen.exchanges, self._pairs, in_order=False) is None:
            return True
        return exclusions.hangs_on_plan(self._exclusions, seen.step, seen.wrong[1])

    def are_alike(self, step, a, b):
        """Whether two answers to a step could be answers of the same world."""
        return self._compare(step, a, b) is None

    def _compare(self, step, a, b):
        # Of several statements only the last is said to be ordered.
        in_order = self._schema.exact or step.ordered and step.send != "multi"
        return compare(a, b, self._pairs, in_order)

    def _canary(self, a, b):
        sent = b"".join(bytes(exchange.sent) for exchange in a)
        both = [b"".join(bytes(exchange.received) for exchange in side) for side in (a, b)]
        for world, received in zip("AB", both, strict=True):
            found = self._canaries.find(received, sent, is_same=both[0] == both[1])
            if found:
                at = received.lower().index(found)
                around = show(received[max(0, at - 60) : at + 80])
                return Difference(f"{found!r} in what world {world} sent", around, "")
        return None

    def slow(self, seen):
        """Where one world took much longer, and does so again and again: the times; else None."""
        if max(seen.seconds) < SLOW_SECONDS or max(seen.seconds) < 2 * min(seen.seconds):
            return None
        kind = client_for(SimpleNamespace(steps=[seen.step]))
        best = [float("inf")] * 2
        try:
            for _ in range(_SLOW_RUNS):
                times = self._step(kind, seen.step, seen.number).seconds
                best = [min(pair) for pair in zip(best, times, strict=True)]
        except _BothLost:
            return None
        return best if max(best) - min(best) > SLOW_SECONDS else None

    def _tidy(self, kind, case):
        self._used[kind] = self._used.get(kind, 0) + 1
        if self._used[kind] >= _CASES_PER_CONNECTION:
            self.disconnect(kind)
        elif case.tables or any(_marks_session(step.sql) for step in case.steps):
            try:
                for connection in self._pair(kind):
                    connection.reset(self._schema.database)
            except BROKEN:
                self.disconnect(kind)

    def _pair(self, kind):
        if kind not in self._connections:
            try:
                self._connections[kind] = [
                    connect(kind, w.gateway.port, w.authority.certificate, w.token(), self._schema.database)
                    for w in self._worlds
                ]
            except BROKEN:
                if any([world.has_ended() for world in self._worlds]):
                    raise ServerEnded from None
                raise
            self._used[kind] = 0
        return self._connections[kind]

    def disconnect(self, *kinds):
        """Closes the connections of these kinds, or all; the next case begins with new ones."""
        for kind in kinds or list(self._connections):
            for connection in self._connections.pop(kind, []):
                connection.close()


class _BothLost(Exception):
    """Both worlds ended the connection, after the same bytes."""


def first_error(exchanges):
    """Code and text of the first ERR among these answers, or None."""
    for exchange in exchanges:
        if exchange.received[4:5] == b"\xff":
            return answers.Packet(bytes(exchange.received[4:])).error
    try:
        parts = answers.read(exchanges)
    except answers.Undecodable:
        return None
    for part in parts:
        if isinstance(part, answers.Packet) and part.is_error:
            return part.error
        if isinstance(part, answers.Table) and part.end[:1] == b"\xff":
            return answers.Packet(part.end).error
    return None


def _failed_at_server(error):
    # A refusal of the gateway leaves nothing behind, and is too frequent to ask after each.
    return error is not None and ("POSTERN-PROTECTED" in error[1] or "[POSTERN-" not in error[1])


def _marks_session(sql):
    return b"@" in sql or not sql.lstrip(b" \t\r\n(").upper().startswith(_HARMLESS)


