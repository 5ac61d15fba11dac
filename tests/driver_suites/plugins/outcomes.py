"""Writes down how each test ended, and ends one that hangs."""

import json
import os
import signal

import pytest

_TEST_SECONDS = 60
_WHY_CHARACTERS = 600


class TestHangs(Exception):
    """A test took longer than any of them needs."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    def give_up(*_):
        raise TestHangs(f"longer than {_TEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(_TEST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def pytest_runtest_logreport(report):
    # A skipped test and one that is expected to fail show nothing, so they do not count as passed.
    passed = report.passed and not hasattr(report, "wasxfail")
    line = {
        "test": report.nodeid,
        "passed": passed,
        "why": "" if passed else f"{report.outcome} in {report.when}: {_why(report)}",
    }
    with open(os.environ["POSTERN_OUTCOMES"], "a") as file:
        file.write(json.dumps(line) + "\n")


def _why(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr)[-_WHY_CHARACTERS:]
