"""The steps of a feature: what a client did in each, and whether it was right."""

from typing import NamedTuple

from session import ClientError

_ANY = object()
# Of the client libraries, which say when they noticed it, of MariaDB's driver for Node, and of the servers; some
# drivers have no number for it.
_GONE = {None, 1053, 1927, 2006, 2013, 2026, 2055, 4031, 45009, 45013, 45038}


class Step(NamedTuple):
    """`good` says whether it went as it must, `seen` what is compared with the other way."""

    good: bool
    seen: object


class Steps:
    """Collects the steps of one feature, each under its name."""

    def __init__(self):
        self.taken = {}

    def expect(self, name, act, wanted=_ANY, of=lambda answer: answer):
        """Does something that must succeed; `of` takes out of the answer what must be as wanted."""
        try:
            answer = act()
        except ClientError as error:
            self.taken[name] = Step(False, _words(error))
            return None
        found = of(answer)
        self.taken[name] = Step(wanted is _ANY or found == wanted, found if wanted is _ANY else [found, answer])
        return answer

    def refuse(self, name, act, code=None):
        """Does something that must fail; with `code` given, where the client tells numbers, by that number."""
        self._fail(name, act, lambda error: Step(code is None or error.code in (None, code), error.code))

    def lose(self, name, act):
        """Does something that must fail because the connection is gone, by whichever number says so."""
        self._fail(name, act, lambda error: Step(error.code in _GONE, "gone" if error.code in _GONE else _words(error)))

    def _fail(self, name, act, step):
        try:
            answer = act()
        except ClientError as error:
            self.taken[name] = step(error)
        else:
            self.taken[name] = Step(False, answer)


def _words(error):
    return f"{error.code}: {error.text}"


def cells(answer):
    """The cells of all rows of all results as plain texts, without their types."""
    return [[plain(cell) for cell in row] for result in answer for row in result.get("rows", [])]


def plain(cell):
    """The text of a cell without the type that its program puts before it."""
    return None if cell is None else cell.split(" ", 1)[1]
