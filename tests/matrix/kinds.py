"""Which kind of session a client needs: a program of its language, or an adapter of this folder."""

import registry
from cli import CommandLine
from session import Session
from tools import MyDumper, MySqlDump, SysBench

_TOOLS = {"sysbench": SysBench, "mysqldump": MySqlDump, "mydumper": MyDumper}


def session(name, place, scene):
    language = registry.CLIENTS[name]["language"]
    if language == "tool":
        return _TOOLS[name](name, place, scene)
    return {"cli": CommandLine}.get(language, Session)(name, place, scene.scratch)
