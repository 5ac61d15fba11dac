"""Runs the drivers' own test suites directly and through the gateway, and holds one beside the other.

    python tests/driver_suites/run.py [SUITE …] [--fast] [--server mysql|mariadb] [--only EXPRESSION]

A test counts as passed when it ran and succeeded. The tests that pass must be the same both ways, but for
those that `differences.toml` lists with a reason; one that is listed and does not differ is a mistake, too.
"""

import argparse
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

import compare  # noqa: E402
from suites import SUITES, run_suite  # noqa: E402
from world import World  # noqa: E402


def main():
    sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    arguments = _arguments()
    fast = [name for name, suite in SUITES.items() if suite["fast"]]
    names = arguments.suite or (fast if arguments.fast else list(SUITES))
    kinds = [arguments.server] if arguments.server else ["mysql", "mariadb"]
    # A server ends with the thread that started it, so each kind keeps one from beginning to end.
    with ThreadPoolExecutor(len(kinds)) as pool:
        jobs = [pool.submit(_run_on, kind, names, arguments.only) for kind in kinds]
    return 0 if all([job.result() for job in jobs]) else 1


def _run_on(kind, names, only):
    """Runs suites on one kind of server; says whether all went as listed."""
    differences = compare.load()
    folder = Path(tempfile.mkdtemp(prefix=f"postern-suites-{kind}-"))
    world = None
    try:
        world = World(kind, folder)
        return all([_run_both_ways(world, name, folder, differences, only) for name in names])
    finally:
        if world:
            world.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", nargs="*", choices=[[], *SUITES], help="all if left out")
    parser.add_argument("--fast", action="store_true", help="those that cost the least")
    parser.add_argument("--server", choices=["mysql", "mariadb"], help="both if left out")
    parser.add_argument("--only", help="as pytest's -k; the list is then not held to be complete")
    return parser.parse_args()


def _run_both_ways(world, name, folder, differences, only):
    start = time.monotonic()
    outcomes = []
    for way in ("direct", "through"):
        world.make_databases(name)
        outcomes.append(run_suite(name, getattr(world, way), folder, only))
    verdict = compare.compare(name, world.kind, *outcomes, differences)
    mistakes = verdict.mistakes
    if only:
        mistakes = [mistake for mistake in mistakes if not mistake.startswith("listed")]
    said = [f"    {mistake}" for mistake in mistakes]
    said.append(
        f"driver-suites: {name} on {world.kind}: {verdict.direct} tests pass directly,"
        f" {verdict.through} through the gateway, {verdict.listed} differ as listed,"
        f" {len(mistakes)} mistakes ({time.monotonic() - start:.0f} s)"
    )
    print("\n".join(said))
    return not mistakes


if __name__ == "__main__":
    sys.exit(main())
