"""Runs every client through every feature, directly and through the gateway, on both servers.

    python tests/matrix/run.py [--client NAME] [--feature NAME] [--server mysql|mariadb]

`UPDATE_EXPECT=1` renews docs/clients.md.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "clients"), str(HERE)]

import document  # noqa: E402
import registry  # noqa: E402
import verdict  # noqa: E402
from features import FEATURES  # noqa: E402
from kinds import session  # noqa: E402
from scene import Scene  # noqa: E402
from session import ClientError  # noqa: E402
from steps import Step, Steps  # noqa: E402


def main():
    sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    arguments = _arguments()
    kinds = [arguments.server] if arguments.server else ["mysql", "mariadb"]
    # A server ends with the thread that started it, so each kind keeps one from beginning to end.
    with ThreadPoolExecutor(len(kinds)) as pool:
        jobs = [pool.submit(_run_on, kind, arguments) for kind in kinds]
    wrong = sum(job.result() for job in jobs)
    return 0 if _document_is_good() and not wrong else 1


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--client", choices=list(registry.CLIENTS), action="append", help="all if left out")
    parser.add_argument("--feature", choices=list(FEATURES), action="append", help="all if left out")
    parser.add_argument("--server", choices=["mysql", "mariadb"], help="both if left out")
    return parser.parse_args()


def _run_on(kind, arguments):
    """Runs clients on one kind of server; gives the number of mistakes."""
    folder = Path(tempfile.mkdtemp(prefix=f"postern-matrix-{kind}-"))
    scene = None
    try:
        scene = Scene(kind, folder)
        names = arguments.client or [name for name, entry in registry.CLIENTS.items() if "missing" not in entry]
        return sum(_run_client(scene, name, arguments.feature or FEATURES) for name in names)
    finally:
        if scene:
            scene.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _run_client(scene, name, features):
    start = time.monotonic()
    features = [feature for feature in features if feature not in registry.CLIENTS[name].get("without", {})]
    entries = verdict.load()
    direct = _play(scene, name, features, scene.direct)
    through = _play(scene, name, features, scene.through)
    said, count, plain = [], 0, 0
    for feature in features:
        wrong = verdict.judge(direct[feature], through[feature])
        mistakes = verdict.mistakes((name, feature, scene.kind), wrong, entries)
        said += [f"    {feature}, {_short(mistake)}" for mistake in mistakes]
        count += len(mistakes)
        plain += not wrong
    said.append(
        f"clients: {name} on {scene.kind}: {plain} of {len(features)} features work,"
        f" {count} mistakes ({time.monotonic() - start:.0f} s)"
    )
    print("\n".join(said))
    return count


def _short(text):
    return "\n".join(line if len(line) < 500 else line[:500] + "…" for line in text.splitlines())


def _play(scene, name, features, place):
    """The steps of every feature, one way."""
    taken, client = {}, None
    try:
        for feature in features:
            scene.play(place)
            steps = Steps()
            try:
                if client is None:
                    client = session(name, place, scene)
                # A program that runs to its end has steps of its own.
                own = getattr(client, f"run_{feature}", None)
                own(steps) if own else FEATURES[feature].run(client, steps, scene)
            except ClientError as error:
                steps.taken["all of it"] = Step(False, str(error))
            taken[feature] = steps.taken
            # What a feature left open would hold up the next.
            scene.kill_all()
    finally:
        if client:
            client.stop()
    return taken


def _document_is_good():
    expected = document.text(verdict.load())
    if os.environ.get("UPDATE_EXPECT"):
        document.DOCUMENT.write_text(expected)
    good = document.DOCUMENT.exists() and document.DOCUMENT.read_text() == expected
    if not good:
        print("clients: docs/clients.md is not what was found: run UPDATE_EXPECT=1 make clients")
    return good


if __name__ == "__main__":
    sys.exit(main())
