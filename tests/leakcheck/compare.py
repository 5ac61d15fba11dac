"""Whether a client could tell the answers of two databases apart that differ in protected values alone."""

from collections import Counter
from collections import defaultdict
from dataclasses import dataclass, replace

from answers import Packet, Table, Undecodable, read

_SHOWN_BYTES = 300


@dataclass
class Difference:
    """Where two answers differ first, and what stood there."""

    where: str
    a: str
    b: str


def compare(a, b, pairs=None, in_order=True):
    """The first difference between two lists of exchanges, or None.

    Cells may differ where `pairs` says that both are what the mask shows of the same row. Without
    `in_order` rows are compared as multisets.
    """
    if len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True)):
        return None
    commands = [[exchange.command for exchange in side] for side in (a, b)]
    if commands[0] != commands[1]:
        return Difference("the commands that the client had to send", str(commands[0]), str(commands[1]))
    try:
        parts = read(a), read(b)
    except Undecodable as error:
        return Difference(f"bytes that cannot be read: {error}", _all(a), _all(b))
    return _parts(*parts, pairs or {}, in_order)


def _same(a, b):
    return a.received == b.received and a.command == b.command


def _parts(a, b, pairs, in_order):
    kinds = [[_kind(part) for part in side] for side in (a, b)]
    if kinds[0] != kinds[1]:
        return Difference("what kind of answer it is", _described(a), _described(b))
    if not in_order:
        a, b = _joined(a), _joined(b)
    for x, y in zip(a, b, strict=True):
        if isinstance(x, Packet):
            found = _packet(x, y)
        else:
            found = _table(x, y, pairs, in_order)
        if found:
            return found
    return None


def _joined(parts):
    """The same with the rows of each cursor in one place: where they have no order, it is cut anywhere."""
    result = []
    for part in parts:
        if result and isinstance(part, Table) and part.is_fetched and getattr(result[-1], "is_fetched", False):
            before = result.pop()
            part = replace(part, rows=before.rows + part.rows, end=before.end + part.end)
        result.append(part)
    return result


def _kind(part):
    if isinstance(part, Table):
        return "rows"
    return "error" if part.is_error else "packet"


def _packet(a, b):
    if a.payload == b.payload:
        return None
    where = "error" if a.is_error else "OK packet (counts, status, info)"
    return Difference(where, show(a.payload), show(b.payload))


def _table(a, b, pairs, in_order):
    if len(a.definitions) != len(b.definitions):
        return Difference("count of columns", str(len(a.definitions)), str(len(b.definitions)))
    for x, y, name in zip(a.definitions, b.definitions, a.names, strict=True):
        if x != y:
            return Difference(f"definition of column `{name}`", show(x), show(y))
    if len(a.rows) != len(b.rows):
        return Difference("count of rows", str(len(a.rows)), str(len(b.rows)))
    found = _rows(a, b, pairs) if in_order else _multisets(a, b, pairs)
    if found:
        return found
    if a.end != b.end:
        return Difference("end of the rows (warnings, status)", show(a.end), show(b.end))
    return None


def _rows(a, b, pairs):
    """Cells in their order; the differing ones of a column must all be of one protected column."""
    sources = {}
    for number, (row_a, row_b) in enumerate(zip(a.rows, b.rows, strict=True)):
        for place, (x, y) in enumerate(zip(row_a, row_b, strict=True)):
            if x == y:
                continue
            possible = sources.get(place, pairs.get((x, y), frozenset())) & pairs.get((x, y), frozenset())
            if not possible:
                where = f"row {number + 1}, column `{a.names[place]}`"
                return Difference(where, show(x), show(y))
            sources[place] = possible
    return None


def _multisets(a, b, pairs):
    left, right = [Counter(map(tuple, table.rows)) for table in (a, b)]
    only_a, only_b = list((left - right).elements()), list((right - left).elements())
    if not only_a or _matched(only_a, only_b, pairs):
        return None
    return Difference("rows, in any order", _row(only_a[0]), _row(only_b[0]))


def _matched(a, b, pairs):
    """Whether each row of `a` has one of `b` of its own that differs from it in pairs alone."""
    candidates = defaultdict(list)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            if all(p == q or (p, q) in pairs for p, q in zip(x, y, strict=True)):
                candidates[i].append(j)
    taken = {}

    def place(i, seen):
        for j in candidates[i]:
            if j not in seen:
                seen.add(j)
                if j not in taken or place(taken[j], seen):
                    taken[j] = i
                    return True
        return False

    return all(place(i, set()) for i in range(len(a)))


def show(cell):
    """Bytes as a person can read them."""
    if cell is None:
        return "NULL"
    return repr(bytes(cell[:_SHOWN_BYTES]))[2:-1] + ("…" if len(cell) > _SHOWN_BYTES else "")


def _row(cells):
    return ", ".join(show(cell) for cell in cells)


def _described(parts):
    return "; ".join(
        f"{len(part.rows)} rows" if isinstance(part, Table) else show(part.payload) for part in parts
    )


def _all(exchanges):
    return show(b"".join(bytes(exchange.received) for exchange in exchanges))
