"""Which kind of session a client needs: a program of its language, or an adapter of this folder."""

import registry
from cli import CommandLine
from session import Session

_ADAPTERS = {"cli": CommandLine}


def session(name, place, scratch):
    return _ADAPTERS.get(registry.CLIENTS[name]["language"], Session)(name, place, scratch)
