"""Sends random statements as a masked role to two databases that differ in protected values alone.

    python tests/leakcheck/leakcheck.py [--statements N] [--minutes N] [--seed N] [--server mysql|mariadb] [--workers N]
        [--schema FILE …] [--policy FILE …] [--grammar FOLDER] [--replay FILE]

Every byte that reached a client is searched for every protected value in many forms, and the bytes of
both databases must be the same. Each server is driven in four phases: the schema *plain*, where nothing
is excepted, and *indexed*, where what an index tells is; each without and with the guard role. Before
them the harness is run against gateways that protect nothing, and must find that. Exits 0 only when
nothing was found and enough of what should be allowed was.
"""

import argparse
import multiprocessing
import queue
import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

import findings  # noqa: E402
import worker  # noqa: E402
from programs import CACHE  # noqa: E402
from report import Report  # noqa: E402

_SCHEMAS = [HERE / "schemas" / f"{name}.toml" for name in ("plain", "indexed")]
_POLICIES = [HERE / "policies" / f"{name}.toml" for name in ("plain", "indexed")]
_TOLD_EVERY_SECONDS = 20


def main():
    sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    arguments = _arguments()
    if arguments.replay:
        return _replay(arguments)
    folder = CACHE / "leakcheck"
    shutil.rmtree(folder, ignore_errors=True)
    kinds = [arguments.server] if arguments.server else ["mysql", "mariadb"]
    jobs = [_job(arguments, kind, number) for kind in kinds for number in range(arguments.workers)]
    report = Report(folder, arguments.statements)
    _drive(jobs, report)
    print(report.summary())
    return 0 if report.is_good() else 1


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--statements", type=int, default=4000, help="per kind of server")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="ends sooner when this is over")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", choices=["mysql", "mariadb"])
    parser.add_argument("--workers", type=int, default=1, help="per kind of server")
    parser.add_argument("--schema", type=Path, action="append", help="instead of plain and indexed")
    parser.add_argument("--policy", type=Path, action="append", help="one for each schema, or one for all")
    parser.add_argument("--grammar", type=Path, default=HERE / "grammar")
    parser.add_argument("--replay", type=Path, help="runs the case of one finding again")
    return parser.parse_args()


def _job(arguments, kind, number):
    schemas = arguments.schema or _SCHEMAS
    policies = arguments.policy or _POLICIES
    if len(policies) == 1:
        policies = policies * len(schemas)
    return worker.Job(
        kind=kind,
        number=number,
        workers=arguments.workers,
        statements=arguments.statements // arguments.workers,
        seed=arguments.seed,
        schemas=list(zip(schemas, policies, strict=True)),
        grammar=arguments.grammar,
        seconds=arguments.minutes * 60,
    )


def _drive(jobs, report):
    """Runs the jobs, each in a process of its own, and hands on what they tell."""
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    processes = [context.Process(target=worker.run, args=(job, told)) for job in jobs]
    for process in processes:
        process.start()
    open_jobs = len(processes)
    last = time.monotonic()
    while open_jobs:
        try:
            job, kind, what = told.get(timeout=5)
        except queue.Empty:
            if not any(process.is_alive() for process in processes):
                report.broken("a worker ended without a word")
                break
            continue
        if kind == "ended":
            open_jobs -= 1
        else:
            report.take(job, kind, what)
        if time.monotonic() - last > _TOLD_EVERY_SECONDS:
            last = time.monotonic()
            print(report.progress())
    for process in processes:
        process.join()


def _replay(arguments):
    finding, case = findings.load(arguments.replay)
    print(findings.told(finding))
    job = _job(arguments, finding["server"], 0)
    seen = worker.replay(job, finding, case)
    for one in seen:
        print(f"\n{one.step.sql.decode(errors='replace')}")
        for world, exchanges in zip("AB", one.exchanges, strict=True):
            for exchange in exchanges:
                print(f"  {world}: {bytes(exchange.received[:600])!r}")
    wrong = seen[-1].wrong if seen else ()
    print(f"\n{'seen again: ' + wrong[1].where if wrong else 'not seen again'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
