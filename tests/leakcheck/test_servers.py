"""A run goes on where a statement ends the server itself."""

import sys
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

import findings  # noqa: E402
from phase import Phase  # noqa: E402
from schema import Schema  # noqa: E402
from worlds import WORLDS, World  # noqa: E402


def test_a_server_that_ends_is_told_of_and_started_again(tmp_path):
    schema = Schema.load(HERE / "schemas" / "plain.toml")
    policy = (HERE / "policies" / "plain.toml").read_text()
    worlds = []

    def cases():
        # After the end a statement may be told of it, and the next one find its connection closed.
        for number in range(6):
            if number == 1:
                for world in worlds:
                    world.server.kill()
            step = findings.plain_step(b"SELECT id FROM region ORDER BY id")
            yield SimpleNamespace(id=f"case-{number}", steps=[step], tables=())

    try:
        for name in WORLDS:
            worlds.append(World(name, "mariadb", tmp_path))
        phase = Phase(worlds, schema, policy, False, 1, lambda *_: None)
        outcome = phase.run(cases(), 100)
        phase.close()
    finally:
        for world in worlds:
            world.stop()
    assert len(outcome.ended) == 1
    assert not outcome.found
    assert outcome.is_in_step
    assert outcome.tally.counts["output: answered"] >= 2, outcome.tally.counts
