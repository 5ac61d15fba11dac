"""Finds the statements of a suite: of a folder tree with files in the servers' own test language."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import mysqltest

ROOT = Path(__file__).resolve().parents[2]
# Where Debian's package mariadb-test-data puts its suite.
DEBIAN_PACKAGE = "mariadb-test-data"
DEBIAN_SUITE = Path("/usr/share/mysql/mysql-test")
SUFFIXES = (".test", ".inc")


@dataclass
class Collected:
    """The statements of one file, in its order."""

    file: Path
    statements: list


def suite_folder(given):
    """The folder that was given, or Debian's suite, installed where it is missing."""
    if given:
        folder = Path(given)
        if not folder.is_dir():
            raise SystemExit(f"error: {folder} is not a folder; give one with .test files")
        return folder
    subprocess.run([ROOT / "scripts/apt-install", DEBIAN_PACKAGE], check=True)
    return DEBIAN_SUITE


def files(folder):
    """The files of a suite, in one order on every machine."""
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return sorted(found)


def collect(folder, paths=None):
    """The statements of each file of a suite."""
    return [
        Collected(path.relative_to(folder), mysqltest.statements(path.read_bytes()))
        for path in (files(folder) if paths is None else paths)
    ]


def distinct(collected):
    """Every text once, in the order in which they were met."""
    return list(dict.fromkeys(text for one in collected for text in one.statements))


def is_text(statement):
    """Whether the bytes are text in utf8mb4, the character set in which statements are sent."""
    try:
        statement.decode()
    except UnicodeDecodeError:
        return False
    return True
