"""What became of one entry of the corpus, and whether that is what must become of it."""

import re
from dataclasses import dataclass, field

import secrets_seen

_TICKET = re.compile(r"\bAPR-[\w-]+")
_STRINGS = re.compile(rb"'((?:[^'\\]|\\.|'')*)'|\"((?:[^\"\\]|\\.)*)\"")
_NUMBERS = re.compile(rb"(?<![\w.])\d+(?:\.\d*)?(?:[eE][+-]?\d+)?")


@dataclass
class Outcome:
    """One session of an entry, through one protocol."""

    statements: list
    answers: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    received: bytes = b""
    lost: bool = False

    def signature(self):
        """What the client could tell of it, without what differs at every run."""
        return _TICKET.sub("APR", repr((self.answers, self.refusals)))

    def is_constant(self, masked):
        """Whether every cell that came back stands in the statement itself or is a mask's constant."""
        known = set(masked)
        for sql in self.statements:
            for found in _STRINGS.findall(sql):
                known.update(part.decode(errors="replace") for part in found if part)
            known.update(float(number) for number in _NUMBERS.findall(sql))
        cells = [cell for rows in self.answers if rows is not None for row in rows for cell in row]
        return any(rows is not None for rows in self.answers) and all(
            cell is None or _text(cell) in known or _number(cell) in known for cell in cells
        )


@dataclass
class Complaint:
    """An entry that went wrong."""

    entry: dict
    protocol: str
    kind: str  # `leaked`, `wrongly-allowed` or `refused`
    detail: str

    def __str__(self):
        text = f"{self.entry['id']} {self.protocol} {self.kind}: {self.detail}"
        return f"{text}\n    {str(self.entry.get('protocol') or self.entry['sql'])[:300]}"


def judge_attack(entry, protocol, outcome, changes, masked):
    """The complaint about an attack, or None when it was stopped."""
    found = secrets_seen.seen(outcome.received)
    if found:
        return Complaint(entry, protocol, "leaked", found.decode(errors="replace"))
    if changes:
        return Complaint(entry, protocol, "wrongly-allowed", "changed " + ", ".join(changes))
    stopped = bool(outcome.refusals) or outcome.lost
    if entry["expected"] in ("denied", "needs-approval") and not stopped:
        # What holds no statement may be answered, as servers do: nothing ran.
        is_answered = entry.get("category") == "empty" and not any(outcome.answers)
        if not is_answered and not outcome.is_constant(masked):
            detail = f"nothing was refused; answers {str(outcome.answers)[:200]}"
            return Complaint(entry, protocol, "wrongly-allowed", detail)
    return None


def judge_benign(entry, protocol, outcome, direct):
    """The complaint about a harmless entry, or None when the gateway let it work."""
    if outcome.lost and not direct.lost:
        return Complaint(entry, protocol, "refused", "the connection was lost")
    if outcome.refusals and not direct.refusals:
        return Complaint(entry, protocol, "refused", str(outcome.refusals[0]))
    return None


def _number(cell):
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None


def _text(cell):
    if isinstance(cell, (bytes, bytearray)):
        return bytes(cell).decode(errors="replace")
    return str(cell)
