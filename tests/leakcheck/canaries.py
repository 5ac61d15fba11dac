"""Protected values as they could stand in bytes: in clear, turned, encoded, as numbers, as parts of dates."""

import base64
import datetime
import decimal
import struct

# What is shorter stands in any bytes by chance; differencing alone finds it.
BYTES_MIN = 6
# Digits stand next to each other in every answer.
_DIGITS_MIN = 8
# So does what hardly says anything, such as 1000.00, or what base64 makes of midnight.
_DIFFERENT_MIN = 5
# What servers put in the place of any value that is too large.
_BOUNDS = ("838:59:59", "2147483647", "4294967295", "9223372036854775807", "18446744073709551615")


class Canaries:
    """Finds protected values in bytes that reached a client."""

    def __init__(self, *worlds):
        """The cells of each world, as a driver gives them."""
        needles = [{n for value in values for n in map(bytes.lower, forms(value)) if _is_telling(n)} for values in worlds]
        self._common = set.intersection(*needles)
        self._needles = {}
        for needle in set.union(*needles):
            self._needles.setdefault(needle[:BYTES_MIN], set()).add(needle)
        self._clean = set()
        self.leave_out(_BOUNDS)

    def leave_out(self, values):
        """Drops what also stands in these values, which a client may see."""
        for value in values:
            for form in forms(value):
                self._leave_out(form.lower())

    def _leave_out(self, data):
        for at in range(len(data) - BYTES_MIN + 1):
            needles = self._needles.get(data[at : at + BYTES_MIN])
            if needles:
                needles -= {needle for needle in needles if needle in data}

    def find(self, received, sent=b"", is_same=False):
        """The first value found in the bytes; what the client itself sent is no find.

        Where every world sent the same (`is_same`), a value that one world alone holds stands there by
        chance, such as a date: only those are found that all hold.
        """
        digest = hash((bytes(received), is_same))
        if digest in self._clean:
            return None
        data = bytes(received).lower()
        begins = {data[at : at + BYTES_MIN] for at in range(len(data) - BYTES_MIN + 1)}
        sent = sent.lower()
        for begin in begins & self._needles.keys():
            for needle in self._needles[begin]:
                if needle in data and needle not in sent and (not is_same or needle in self._common):
                    return needle
        if len(self._clean) > 200_000:
            self._clean.clear()
        self._clean.add(digest)
        return None


def _is_telling(needle):
    """Whether bytes cannot well stand anywhere by chance."""
    least = _DIGITS_MIN if needle.isdigit() else BYTES_MIN
    return len(needle) >= least and len(set(needle)) >= _DIFFERENT_MIN


def forms(value):
    """Every form of a value that is searched for."""
    for plain in _plain(value):
        yield plain
        yield plain[::-1]
        if len(plain) >= BYTES_MIN:
            yield plain.hex().encode()
            yield plain[::-1].hex().encode()
            yield from _base64(plain)
            text = plain.decode(errors="ignore")
            yield text.upper().encode()
            yield text.lower().encode()
            yield text.encode("utf-16-be")
            yield text.encode("utf-16-le")
            yield text.encode("utf-32-be")


def _plain(value):
    if value is None:
        return
    if isinstance(value, str):
        yield value.encode()
    elif isinstance(value, (bytes, bytearray)):
        yield bytes(value)
        # A value of BIT, or what CAST makes of bytes.
        if len(value) <= 8:
            yield str(int.from_bytes(value, "big")).encode()
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        yield from _whole(value)
    elif isinstance(value, float):
        yield repr(abs(value)).encode()
        yield repr(abs(value)).replace(".", "").encode()
        yield struct.pack("<d", value)
    elif isinstance(value, decimal.Decimal):
        yield str(abs(value)).encode()
        yield str(abs(value)).replace(".", "").encode()
        yield struct.pack("<d", float(value))
    elif isinstance(value, (datetime.datetime, datetime.date)):
        yield from _moment(value)
    elif isinstance(value, datetime.timedelta):
        yield from _duration(value)


def _whole(value):
    yield str(abs(value)).encode()
    yield f"{abs(value):x}".encode()
    yield f"{abs(value):o}".encode()
    if abs(value) >= 1 << 40:
        yield (value & (1 << 64) - 1).to_bytes(8, "little")
        yield (value & (1 << 64) - 1).to_bytes(8, "big")


def _moment(value):
    # A month's first day is what a mask shows of any day in it.
    if value.day != 1:
        for form in ("%Y-%m-%d", "%Y%m%d", "%y%m%d", "%d.%m.%Y", "%m/%d/%Y"):
            yield value.strftime(form).encode()
    if isinstance(value, datetime.datetime) and (value.hour, value.minute, value.second) != (0, 0, 0):
        yield value.strftime("%H:%M:%S").encode()
        yield value.strftime("%H%M%S").encode()


def _duration(value):
    seconds = abs(int(value.total_seconds()))
    if seconds:
        hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
        yield f"{hours:02}:{minutes:02}:{rest:02}".encode()
        yield f"{hours:02}{minutes:02}{rest:02}".encode()


def _base64(plain):
    # Base64 of a text that holds the value at any offset: the digits that depend on it alone.
    for offset in range(3):
        digits = base64.b64encode(b"\0" * offset + plain)
        first = 0 if offset == 0 else 4
        last = len(digits) - (4 if digits.endswith(b"=") else 0)
        yield digits[first:last]
