"""Waiting for what another does: asked for again and again, with an end to it."""

import time

_PAUSE_SECONDS = 0.02


def wait_until(condition, seconds=30):
    """Waits for something; gives the seconds that it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, "not in time"
        time.sleep(_PAUSE_SECONDS)
    return time.monotonic() - began


def is_running(server, text):
    """Whether a statement with this text runs at the server."""
    rows = server.rows("SELECT info FROM information_schema.processlist WHERE info IS NOT NULL")
    return any(text in info and "processlist" not in info for (info,) in rows)
