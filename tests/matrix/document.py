"""docs/clients.md: what the registry and the list of reasons say, which `make clients` holds to be true."""

import registry
from features import FEATURES
from programs import ROOT

DOCUMENT = ROOT / "docs/clients.md"
_SERVERS = {"mysql": "MySQL", "mariadb": "MariaDB"}
_HEAD = """\
# Clients

Made by `make clients` out of `tests/clients/registry.toml` and `tests/matrix/reasons.toml`; do not edit.

Each client does the same with each feature twice, on MySQL 9.7 and on MariaDB 10.11: directly at the server, and
through Postern with a role that may do all that a policy can allow and without masks. `make clients` fails
where a cell is not what this table says of it.

- **works**: every step goes as it must, and what the client shows is the same both ways.
- **as direct**: some steps fail, in the same way without Postern; the number says which and why.
- **differs**: some steps go otherwise through Postern; the number says which and why.
- **–**: the client has no such feature; the list below says what it has instead.
- **not run**: the client cannot be run by these tests; the list below says why.

"""


def text(entries):
    """The whole document."""
    notes = _Notes()
    titles = [feature.TITLE for feature in FEATURES.values()]
    lines = [_row("client", titles), _row("---", ["---"] * len(titles))]
    lines += [_row(name, [_cell(client, feature, entries, notes) for feature in FEATURES]) for name, client in registry.CLIENTS.items()]
    parts = [_HEAD + "\n".join(lines), "## Features", _features(), "## Reasons", notes.text(), "## No such feature", _without()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _row(first, others):
    return f"| {first} | {' | '.join(others)} |"


def _cell(client, feature, entries, notes):
    if "missing" in client:
        return "not run"
    if feature in client.get("without", {}):
        return "–"
    said = {}
    for server in _SERVERS:
        about = [entry for entry in entries if entry.is_about(client["name"], feature, server)]
        numbers = " ".join(f"[{number}]" for number in sorted({notes.number(entry) for entry in about}))
        differs = any(entry.kind == "difference" for entry in about)
        said[server] = f"{'differs' if differs else 'as direct'} {numbers}" if about else "works"
    if len(set(said.values())) == 1:
        return said["mysql"]
    return "; ".join(f"{_SERVERS[server]}: {verdict}" for server, verdict in said.items())


class _Notes:
    """Numbers the reasons in the order in which the table first needs them."""

    def __init__(self):
        self._entries = []

    def number(self, entry):
        if entry not in self._entries:
            self._entries.append(entry)
        return self._entries.index(entry) + 1

    def text(self):
        return "\n".join(f"{number}. {_note(entry)}" for number, entry in enumerate(self._entries, 1))


def _note(entry):
    where = f", {_SERVERS[entry.server]}" if entry.server else ""
    steps = ", ".join(f"`{step}`" for step in entry.steps)
    return f"{FEATURES[entry.feature].TITLE}{where} ({steps}): {entry.reason}."


def _features():
    return "\n".join(f"- **{feature.TITLE}**: {feature.SAYS}." for feature in FEATURES.values())


def _without():
    lines = []
    for name, client in registry.CLIENTS.items():
        if "missing" in client:
            lines.append(f"- {name}: not run: {client['missing']}.")
        reasons = {}
        for feature, reason in client.get("without", {}).items():
            reasons.setdefault(reason, []).append(FEATURES[feature].TITLE)
        told = "; ".join(f"{', '.join(titles)}: {reason}" for reason, titles in reasons.items())
        if told:
            lines.append(f"- {name}: {told}.")
    return "\n".join(lines)
