"""A client's process, asked step by step: a line of JSON to it, a line of JSON back."""

import contextlib
import json
import subprocess
import tempfile
import threading

import registry
from open_world import USER
from programs import die_with_parent

_SECONDS = 60


class ClientError(Exception):
    """What the client says where a step fails: the server's number, if any, and its words."""

    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class Session:
    """One program of `tests/clients`; it may hold several connections, each under a name."""

    def __init__(self, name, place, scratch):
        self._made = name, place, scratch
        self._spawn()

    def _spawn(self):
        name, place, scratch = self._made
        command, surroundings = registry.command(name, "session")
        # What a driver prints beside its answers is told where its program ends too early.
        self._noise = tempfile.TemporaryFile(dir=scratch)
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._noise,
            env=surroundings,
            cwd=scratch,
            preexec_fn=die_with_parent,
        )
        self._send(
            {
                "driver": name,
                "host": "127.0.0.1",
                "port": place.port,
                "user": USER,
                "password": place.password,
                "other_password": place.other_password,
                "ca": str(place.authority),
            }
        )

    def ask(self, do, **arguments):
        """What the client answers to a request; raises ClientError where it fails."""
        self.start(do, **arguments)
        return self.finish()

    def start(self, do, **arguments):
        """Sends a request without waiting for its answer; a connection may be made in a new process."""
        if do == "connect" and self._process.poll() is not None:
            self.stop()
            self._spawn()
        self._send({"do": do, **arguments})

    def _send(self, request):
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ClientError(None, self._last_words()) from None

    def finish(self):
        """Waits for the answer to what was started."""
        with deadline(self._process, _SECONDS):
            line = self._process.stdout.readline()
        if not line:
            raise ClientError(None, self._last_words())
        answer = json.loads(line)
        if "error" in answer:
            raise ClientError(answer["error"]["code"], answer["error"]["text"])
        return answer.get("value")

    def _last_words(self):
        self._noise.seek(0)
        said = self._noise.read().decode(errors="replace").strip()
        return "the program ended: " + (said[-1000:] if said else "without a word")

    def interrupt(self, connected):
        """Stops the statement that runs, as programs with such a driver do: by a second connection."""
        with Session(*self._made) as other:
            number = connected["id"]
            other.ask("connect", on="other")
            other.ask("query", on="other", sql=f"KILL QUERY {number}")

    def kill(self, connected):
        with Session(*self._made) as other:
            other.ask("connect", on="other")
            other.ask("query", on="other", sql=f"KILL {connected['id']}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._process.kill()
        self._process.communicate()
        self._noise.close()


@contextlib.contextmanager
def deadline(process, seconds):
    """Ends a process that takes longer, which ends the wait for its words."""
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
