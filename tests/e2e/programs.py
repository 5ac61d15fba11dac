"""Starts programs that end with the tests, whatever way the tests end, and waits for what they say."""

import ctypes
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
RUNNING = CACHE / "run"
DEADLINE_SECONDS = 60

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Ends this process when the thread ends that started it."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    """A port that was free a moment ago; whoever binds it must be ready to try again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A running program whose output is kept, line by line."""

    def __init__(self, command, **options):
        self.name = Path(str(command[0])).name
        self.lines = []
        self._fresh = queue.Queue()
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
            **options,
        )
        self._mark = RUNNING / str(self._process.pid)
        RUNNING.mkdir(parents=True, exist_ok=True)
        self._mark.write_text(_start_time(self._process.pid))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            line = line.decode(errors="replace").rstrip("\n")
            self.lines.append(line)
            self._fresh.put(line)
        self._fresh.put(None)

    @property
    def pid(self):
        return self._process.pid

    @property
    def output(self):
        return "\n".join(self.lines)

    def is_running(self):
        return self._process.poll() is None

    def wait_for_line(self, part, seconds=DEADLINE_SECONDS):
        """The first line not yet looked at that holds `part`; an error when the program ends first."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._fresh.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"{self.name} did not say {part!r}:\n{self.output}") from None
            if line is None:
                self._process.wait()
                raise ProgramEnded(f"{self.name} ended before it said {part!r}:\n{self.output}")
            if part in line:
                return line

    def wait(self, seconds=DEADLINE_SECONDS):
        """Waits for the end and gives the exit code."""
        code = self._process.wait(timeout=seconds)
        self._mark.unlink(missing_ok=True)
        self._reader.join(timeout=seconds)
        return code

    def signal(self, number):
        self._process.send_signal(number)

    def stop(self, seconds=20):
        """Asks the program to end, and makes it end when it does not; gives the exit code."""
        if self.is_running():
            self._process.terminate()
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self.wait(seconds)


class ProgramEnded(AssertionError):
    """The program ended where it should have gone on."""


def _start_time(pid):
    """When a process started, in ticks since boot: with its id, this names it for good."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""


def stop_left_over():
    """Ends what earlier runs of these tests left running; gives how many that were."""
    ended = 0
    for mark in RUNNING.glob("*"):
        if mark.read_text() == _start_time(mark.name) != "":
            os.kill(int(mark.name), signal.SIGKILL)
            ended += 1
        mark.unlink(missing_ok=True)
    return ended


def run(command, seconds=DEADLINE_SECONDS, **options):
    """Runs a program to its end and gives what it said; never raises for its exit code."""
    return subprocess.run(
        [str(part) for part in command],
        stdin=options.pop("stdin", subprocess.DEVNULL) if "input" not in options else None,
        capture_output=True,
        timeout=seconds,
        preexec_fn=die_with_parent,
        **options,
    )


def environment(**more):
    """The environment of the tests without anything that would steer a MySQL client."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MYSQL", "MARIADB"))}
    return {**kept, **more}
