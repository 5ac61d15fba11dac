"""One process of a run: its own servers, driven through the phases one after the other."""

import re
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

from generate import Generator
from phase import Phase
from programs import die_with_parent
from schema import Schema
from worlds import WORLDS, World

_UNPROTECTED_STATEMENTS = 200
_LAST_LINES = 30


@dataclass
class Job:
    """What one worker does."""

    kind: str
    number: int
    workers: int
    statements: int
    seed: int
    schemas: list  # (schema file, policy file)
    grammar: Path
    seconds: float  # at most, for all phases


def run(job, told):
    """Drives all phases; everything is told through the queue, the last word is `ended`."""
    die_with_parent()
    try:
        with tempfile.TemporaryDirectory(prefix=f"postern-leakcheck-{job.kind}-") as folder:
            worlds = []
            try:
                # Servers die with the thread that starts them: this one drives them, too.
                for name in WORLDS:
                    worlds.append(World(name, job.kind, Path(folder)))
                _phases(job, worlds, told)
            except BaseException:
                told.put((job, "broken", _last_words(worlds)))
                raise
            finally:
                for world in worlds:
                    world.stop()
    except BaseException:  # noqa: BLE001  a broken worker must not look like a clean run
        told.put((job, "broken", traceback.format_exc()))
    finally:
        told.put((job, "ended", None))


def _last_words(worlds):
    """What the gateways and the servers said last: why a session could not go on."""
    lines = ["the last words:"]
    for world in worlds:
        gateway = world.gateway.log if world.gateway else []
        for name, said in (("gateway", gateway), ("server", world.server.error_log.splitlines())):
            lines += [f"{world.name}, {name}: {line}" for line in said[-_LAST_LINES:]]
    return "\n".join(lines)


def _phases(job, worlds, told):
    schemas = [(Schema.load(schema), policy.read_text()) for schema, policy in job.schemas]
    told.put((job, "unprotected", _unprotected(job, worlds, *schemas[0])))
    number = 1
    phases = 2 * len(schemas)
    for schema, policy in schemas:
        for guarded in (False, True):
            phase = Phase(worlds, schema, policy, guarded, number, lambda *word: told.put((job, *word)))
            generator = _generator(job, schema, number)
            outcome = phase.run(_cases(generator, job), job.statements // phases, job.seconds / phases)
            phase.close()
            outcome.reached = generator.reached
            told.put((job, "phase", (phase.place, outcome)))
            number += 1


def _unprotected(job, worlds, schema, policy):
    """The harness must be able to fail: what it finds where the policy protects nothing."""
    phase = Phase(worlds, schema, without_protection(policy), False, 0, lambda *_: None, confirmed_max=0)
    outcome = phase.run(_cases(_generator(job, schema, 0), job), _UNPROTECTED_STATEMENTS)
    phase.close()
    return outcome


def _generator(job, schema, number):
    return Generator(grammar=job.grammar, schema=schema, kind=job.kind, seed=job.seed * 100 + number)


def _cases(generator, job):
    place = job.number
    while True:
        yield generator.case(place)
        place += job.workers


def without_protection(policy):
    """A policy without its `[[protect]]` entries."""
    parts = re.split(r"^(?=\[)", policy, flags=re.MULTILINE)
    return "".join(part for part in parts if not part.startswith("[[protect]]"))


def replay(job, finding, case):
    """Runs the case of a finding in the phase in which it was found; gives what was seen."""
    with tempfile.TemporaryDirectory(prefix=f"postern-leakcheck-{job.kind}-") as folder:
        worlds = []
        try:
            for name in WORLDS:
                worlds.append(World(name, job.kind, Path(folder)))
            for path, policy in job.schemas:
                schema = Schema.load(path)
                if schema.name == finding["schema"]:
                    phase = Phase(worlds, schema, policy.read_text(), finding["guard"], 1, lambda *_: None)
                    seen = phase.replay(case)
                    phase.close()
                    return seen
            raise SystemExit(f"no schema `{finding['schema']}` among those of this run")
        finally:
            for world in worlds:
                world.stop()
