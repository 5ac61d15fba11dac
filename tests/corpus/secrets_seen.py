"""Whether bytes hold a protected value, plain or in an encoding that a client could turn back."""

import base64
import codecs
import re

VALUES = ["123-45-6789", "987-65-4321", "alice@corp.example", "bob@corp.example"]


def _encodings(value):
    plain = value.encode()
    yield plain
    yield plain[::-1]
    yield value.encode("utf-16-be")
    yield value.encode("utf-16-le")
    yield value.encode("utf-32-be")
    yield re.sub(rb"-", b"", plain)
    yield plain.hex().encode()
    yield plain[::-1].hex().encode()
    yield codecs.encode(value, "rot13").encode()
    yield base64.b32encode(plain).rstrip(b"=")
    # Base64 of a text that holds the value at any offset: the digits that depend on it alone.
    for offset in range(3):
        digits = base64.b64encode(b"\0" * offset + plain)
        first = 0 if offset == 0 else 4
        last = len(digits) - (4 if digits.endswith(b"=") else 0)
        yield digits[first:last]
    yield b" ".join(str(byte).encode() for byte in plain)
    yield b",".join(str(byte).encode() for byte in plain)


_NEEDLES = sorted({needle.lower() for value in VALUES for needle in _encodings(value)})


def seen(data):
    """The first protected value found in `data`, as it stands there; None when there is none."""
    lower = bytes(data).lower()
    return next((needle for needle in _NEEDLES if needle in lower), None)
