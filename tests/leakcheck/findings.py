"""A leak that was found: what it takes to see it again, confirmed, made small, written down."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace


_RUNS = 5


def confirm(lockstep, case, refresh):
    """Runs a case again over new connections; gives what went wrong and the least steps that show it.

    `refresh` brings the data back. None where the case alone does not show it.
    """

    def wrong(steps):
        lockstep.disconnect()
        seen = lockstep.run(SimpleNamespace(steps=steps, tables=case.tables))
        refresh()
        return seen[-1] if seen and seen[-1].wrong else None

    steps = list(case.steps)
    seen = wrong(steps)
    if seen is None:
        return None
    steps = steps[: seen.number + 1]
    for place in reversed(range(len(steps) - 1)):
        fewer = steps[:place] + steps[place + 1 :]
        again = wrong(fewer)
        if again is not None:
            seen, steps = again, fewer[: again.number + 1]
    return seen, steps


def is_steady(lockstep, steps, tables, refresh):
    """Whether the worlds differ always: no answer of A, of several, is like one of B."""
    answers = [], []
    for _ in range(_RUNS):
        lockstep.disconnect()
        seen = lockstep.run(SimpleNamespace(steps=steps, tables=tables))
        refresh()
        if len(seen) < len(steps):
            continue
        for side, exchanges in zip(answers, seen[-1].exchanges, strict=True):
            side.append(exchanges)
    return not any(lockstep.are_alike(steps[-1], a, b) for a in answers[0] for b in answers[1])


def is_gone(lockstep, steps, tables, refresh):
    """Whether the worlds never differ, as they must not while both hold the same values."""
    for _ in range(_RUNS):
        lockstep.disconnect()
        seen = lockstep.run(SimpleNamespace(steps=steps, tables=tables))
        refresh()
        if not seen or seen[-1].wrong and seen[-1].wrong[0] == "difference":
            return False
    return True


def document(place, case, seen, steps, alone):
    """A finding as it is written to its file; `place` says on which server, schema, and so on."""
    kind, difference = seen.wrong
    return {
        **place,
        "case": case.id,
        "kind": kind,
        "alone": alone,
        "step": seen.number,
        "sql": _text(seen.step.sql),
        "difference": asdict(difference),
        "steps": [_step(step) for step in steps],
        "tables": list(case.tables),
    }


def plain_step(sql):
    """A statement that reads without parameters."""
    return SimpleNamespace(sql=sql, send="text", parameters=(), uses="output", ordered=True, provoked=False)


def plain_read(place, sql, canary, received):
    """The finding that a mask shows the value itself."""
    at = received.lower().index(canary)
    around = repr(received[max(0, at - 60) : at + 80])
    return {
        **place,
        "case": "plain read",
        "kind": "canary",
        "alone": True,
        "step": 0,
        "sql": _text(sql),
        "difference": {"where": f"{canary!r} in a plain read", "a": around, "b": ""},
        "steps": [_step(plain_step(sql))],
        "tables": [],
    }


def write(folder, finding, number):
    """Keeps a finding where `make leakcheck REPLAY=` finds it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{finding['server']}-{finding['schema']}-{'guard' if finding['guard'] else 'bare'}-{number:04}.json"
    path = folder / name
    path.write_text(json.dumps(finding, indent=1))
    return path


def load(path):
    """A finding and its case, ready to be run again."""
    finding = json.loads(Path(path).read_text())
    steps = [
        SimpleNamespace(
            sql=_bytes(step["sql"]),
            send=step["send"],
            parameters=tuple(_parameter(*parameter) for parameter in step["parameters"]),
            uses=step["uses"],
            ordered=step["ordered"],
            provoked=step["provoked"],
        )
        for step in finding["steps"]
    ]
    return finding, SimpleNamespace(id=finding["case"], steps=steps, tables=finding["tables"])


def told(finding):
    """A finding in a few lines."""
    difference = finding["difference"]
    lines = [
        f"{finding['kind']}: {difference['where']}",
        f"  at {finding['server']}, schema {finding['schema']}, "
        + ("with guard role" if finding["guard"] else "without guard role")
        + f", {finding['steps'][-1]['send']}, case {finding['case']}"
        + ("" if finding["alone"] else " (not shown by the case alone)"),
    ]
    lines += [f"  {step['send']}> {step['sql'][:600]} {step['parameters'] or ''}" for step in finding["steps"]]
    lines += [f"  A: {difference['a'][:300]}", f"  B: {difference['b'][:300]}"]
    return "\n".join(lines)


def signature(seen):
    """Findings that look alike are told once: by what differs and the statement without its literals."""
    kind, difference = seen.wrong
    where = re.sub(r"\d+|b'.*'", "?", difference.where)
    text = re.sub(rb"'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"", b"'?'", seen.step.sql)
    return kind, where, re.sub(rb"\b\d[\w.]*", b"?", text)


def _step(step):
    return {
        "sql": _text(step.sql),
        "send": step.send,
        "parameters": [[kind, _printable(value)] for kind, value in step.parameters],
        "uses": step.uses,
        "ordered": step.ordered,
        "provoked": step.provoked,
    }


def _printable(value):
    return value.hex() if isinstance(value, bytes) else value


def _parameter(kind, value):
    return kind, bytes.fromhex(value) if kind == "bytes" else value


def _text(sql):
    return sql.decode(errors="surrogateescape")


def _bytes(text):
    return text.encode(errors="surrogateescape")
