"""Reads statements again with the tables that they are about: their files run over a fresh schema."""

import re
import time
from collections import defaultdict

import mysqltest
import pymysql
from asking import Reader
from asking import prepare
from classes import class_of
from scratch import Scratch
from scratch import state

_SECONDS_A_FILE = 30
_PROGRESS_SECONDS = 10
# PREPARE of these looks up every name, so a server that takes one knows all of its names.
_LOOKED_UP = ("select", "dml", "explain")


class Resolving:
    """The statements of which only names were missing, and what became of them."""

    def __init__(self, server, version, texts):
        self._scratch = Scratch(server)
        self._reader = Reader(version)
        # Of texts that differ in literals alone, one is read for all.
        self._pending = defaultdict(list)
        for text in texts:
            if class_of(text) in _LOOKED_UP or b"select" in text.lower():
                self._pending[_shape(text)].append(text)
        self._shapes = {text: shape for shape, all in self._pending.items() for text in all}
        self._may_enter = True
        self.settled = {}

    def run(self, paths, folder):
        """Runs the files that hold such statements."""
        self._scratch.begin_file()
        self._reader.ask(base=self._scratch.own_objects())
        told = time.monotonic()
        try:
            for number, path in enumerate(paths):
                try:
                    self._file(list(mysqltest.script(path, folder)))
                except (pymysql.MySQLError, OSError) as error:
                    # It took the server with it at a moment when nothing could be asked again.
                    print(f"{self._scratch.kind}: {path.name} was given up: {error}", flush=True)
                if time.monotonic() - told > _PROGRESS_SECONDS:
                    told = time.monotonic()
                    kind, left = self._scratch.kind, len(self._pending)
                    print(f"{kind}: {number} of {len(paths)} files run, {left} to find", flush=True)
        finally:
            self._reader.stop()
        return self.settled

    def _file(self, script):
        wanted = [number for number, text in enumerate(script) if self._is_pending(text)]
        if not wanted:
            return
        self._scratch.begin_file()
        start = time.monotonic()
        for text in script[: wanted[-1] + 1]:
            if time.monotonic() - start > _SECONDS_A_FILE:
                return
            if self._is_pending(text):
                self._read(text)
            if class_of(text) != "select":
                self._scratch.run(text)

    def _read(self, text):
        if self._scratch.state_changed:
            self._may_enter = "noted" in self._reader.ask(session=state(self._scratch))
        if not self._may_enter:
            return
        if self._scratch.objects_changed:
            self._reader.ask(catalog=self._scratch.objects())
        answer = self._reader.ask(read=text.hex())
        if "understood" not in answer and not self._is_taken(text, answer):
            # The same text may be right over the tables of another file.
            return
        if "unknown_name" in answer:
            answer = {"gap": "unknown {what}, which the server knows".format(**answer["unknown_name"])}
        alike = self._pending.pop(self._shapes[text])
        self.settled.update(dict.fromkeys(alike, answer))

    def _is_pending(self, text):
        return self._shapes.get(text) in self._pending

    def _is_taken(self, text, answer):
        """Whether the server takes a statement over the tables of this moment."""
        if class_of(text) not in _LOOKED_UP:
            return "gap" in answer
        return self._scratch.ask(lambda connection: prepare(connection, text)) == 0


def _shape(text):
    """A text without its literals; rows of literals count as one."""
    text = _LITERAL.sub(b"?", text)
    text = _BLANKS.sub(b" ", text).lower()
    return _ROWS.sub(rb"\1", text)


_LITERAL = re.compile(
    rb"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|-?\b\d+(?:\.\d*)?(?:e[+-]?\d+)?\b", re.I | re.S
)
_BLANKS = re.compile(rb"\s+")
_ROWS = re.compile(rb"(\((?:\?|null|, ?)+\))(?: ?, ?\((?:\?|null|, ?)+\))+")
