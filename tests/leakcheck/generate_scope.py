"""Which columns a place of a statement sees."""

from dataclasses import dataclass, field

# What a statement does with protected columns, from least to most.
NONE, OUTPUT, INFLUENCE, WRITE = range(4)


@dataclass(frozen=True)
class Seen:
    """A column as a query sees it."""

    name: str
    klass: str
    protected: bool
    influence: str = "never"
    type: str = ""
    is_key: bool = False  # no two rows have the same


@dataclass
class Source:
    """A table, view or derived table in a FROM, by the name that it has there."""

    name: str
    columns: list
    table: str = ""  # of the schema, if it is one

    @property
    def key(self):
        """What its rows are ordered by; `is_key` says whether no two are alike."""
        return next((c for c in self.columns if c.name == "id" and not c.protected), None)


@dataclass
class Frame:
    """The sources of one query block, and what its parts tell each other."""

    sources: list = field(default_factory=list)
    keys: list = field(default_factory=list)  # the texts that it groups by
    windows: list = field(default_factory=list)
    named: list | None = None  # columns that it gives to the outside, if that wants to know
    is_wall: bool = False  # what is outside of it is not seen


@dataclass
class Notes:
    """What is known of the step that is being written."""

    send: str = "text"
    parameters: list = field(default_factory=list)
    uses: int = 0
    provoked: bool = False
    ordered: bool = False
    names: set = field(default_factory=set)  # of temporary tables that it uses


def visible(frames):
    """(source, column) of the innermost frame and of those around it, nearest first."""
    found = []
    for frame in reversed(frames):
        found.append([(source, column) for source in frame.sources for column in source.columns])
        if frame.is_wall:
            break
    return found


def seen(column):
    """A column of the schema, as a query sees it."""
    return Seen(
        column.name,
        column.klass,
        column.protected,
        column.influence,
        column.type.split(" CHARACTER")[0],
        is_key=column.name == "id",
    )
