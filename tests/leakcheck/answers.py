"""Bytes of a server's answers, taken apart into definitions, rows, and the packets around them."""

import struct
from dataclasses import dataclass, field

QUERY, PREPARE, EXECUTE, FETCH = 0x03, 0x16, 0x17, 0x1C
_PACKET_BYTES_MAX = 0xFFFFFF
_MORE_RESULTS = 0x0008
_CURSOR_EXISTS = 0x0040
# Cells of binary rows that have a fixed size, by the type of their column; these of time have their length in front.
_FIXED = {0x01: 1, 0x02: 2, 0x0D: 2, 0x03: 4, 0x09: 4, 0x04: 4, 0x08: 8, 0x05: 8}
_NULL_TYPE = 0x06


@dataclass
class Packet:
    """A payload that is no row: OK, ERR, the head of a prepared statement, …"""

    payload: bytes

    @property
    def is_error(self):
        return self.payload[:1] == b"\xff"

    @property
    def error(self):
        """Code and text of an ERR."""
        return struct.unpack_from("<H", self.payload, 1)[0], self.payload[9:].decode(errors="replace")


@dataclass
class Table:
    """A result set: definitions as they came, rows as lists of cells (None is NULL), and its end."""

    definitions: list
    rows: list = field(default_factory=list)
    end: bytes = b""
    is_fetched: bool = False  # a part of what a cursor gives

    @property
    def names(self):
        return [_definition_text(definition, 4) for definition in self.definitions]


class Undecodable(Exception):
    """The bytes are no answer that the protocol knows."""


def read(exchanges):
    """The parts of the answers, command by command."""
    reader = _Reader()
    try:
        return [part for exchange in exchanges for part in reader.parts(exchange)]
    except (LookupError, struct.error, ValueError) as error:
        raise Undecodable(str(error)) from None


def payloads(data):
    """The payloads of a run of packets, each put together."""
    at, payload, result = 0, b"", []
    while at < len(data):
        length = int.from_bytes(data[at : at + 3], "little")
        if at + 4 + length > len(data):
            raise Undecodable("the last packet is cut short")
        payload += data[at + 4 : at + 4 + length]
        at += 4 + length
        if length < _PACKET_BYTES_MAX:
            result.append(bytes(payload))
            payload = b""
    return result


class _Reader:
    """Reads answers one after the other; remembers the columns of open cursors."""

    def __init__(self):
        self._open = {}

    def parts(self, exchange):
        packets = payloads(exchange.received)
        match exchange.command:
            case 0x03:
                return self._results(packets, _text_row)
            case 0x17:
                statement = bytes(exchange.sent[5:9])
                parts = self._results(packets, _binary_row)
                self._open[statement] = next((p.definitions for p in parts if isinstance(p, Table)), [])
                return parts
            case 0x1C:
                return self._fetched(packets, self._open.get(bytes(exchange.sent[5:9]), []))
            case 0x16:
                return self._prepared(packets)
            case _:
                return [Packet(payload) for payload in packets]

    def _results(self, packets, read_row):
        parts, at = [], 0
        while at < len(packets):
            first = packets[at]
            at += 1
            if first[:1] in (b"\x00", b"\xff", b"\xfb", b"\xfe"):
                parts.append(Packet(first))
                continue
            count, _ = lenenc(first, 0)
            table = Table(packets[at : at + count])
            if len(table.definitions) < count:
                raise Undecodable("definitions are missing")
            at += count
            parts.append(table)
            if at < len(packets) and _is_old_eof(packets[at]):
                # Where EOF was not done away with, one stands before the rows; a cursor has none.
                parts.append(Packet(packets[at]))
                at += 1
                if parts[-1].payload[3] & _CURSOR_EXISTS:
                    continue
            at = _rows(packets, at, table, read_row)
        return parts

    def _fetched(self, packets, definitions):
        table = Table(definitions, is_fetched=True)
        at = _rows(packets, 0, table, _binary_row)
        # The definitions came with EXECUTE, and were compared there.
        return [table] + [Packet(payload) for payload in packets[at:]]

    def _prepared(self, packets):
        if packets and packets[0][:1] == b"\x00":
            head, *definitions = packets
            return [Packet(head), Table([d for d in definitions if not _is_old_eof(d)])]
        return [Packet(payload) for payload in packets]


def _rows(packets, at, table, read_row):
    """Reads rows up to their end, which may be an ERR; gives where the next part begins."""
    types = [_definition_type(definition) for definition in table.definitions]
    while at < len(packets):
        payload = packets[at]
        at += 1
        if payload[:1] == b"\xff" or (payload[:1] == b"\xfe" and len(payload) < _PACKET_BYTES_MAX):
            table.end = payload
            return at
        table.rows.append(read_row(payload, types))
    return at


def _is_old_eof(payload):
    return payload[:1] == b"\xfe" and len(payload) == 5


def _text_row(payload, types):
    cells, at = [], 0
    for _ in types:
        if payload[at] == 0xFB:
            cells.append(None)
            at += 1
        else:
            length, at = lenenc(payload, at)
            cells.append(payload[at : at + length])
            at += length
    if at != len(payload):
        raise Undecodable("a text row has bytes left over")
    return cells


def _binary_row(payload, types):
    cells, at = [], 1 + (len(types) + 9) // 8
    for place, kind in enumerate(types):
        bit = place + 2
        if payload[1 + bit // 8] >> bit % 8 & 1 or kind == _NULL_TYPE:
            cells.append(None)
            continue
        if kind in _FIXED:
            length = _FIXED[kind]
        else:
            # Times have one byte of length, which reads the same as a length-encoded one.
            length, at = lenenc(payload, at)
        cells.append(payload[at : at + length])
        at += length
    if at != len(payload):
        raise Undecodable("a binary row has bytes left over")
    return cells


def lenenc(payload, at):
    """A length-encoded integer, and where it ends."""
    first = payload[at]
    if first < 0xFB:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(payload[at + 1 : at + 1 + size], "little"), at + 1 + size


def _definition_text(definition, place):
    """One of the six texts: catalog, schema, table, original table, name, original name."""
    at = 0
    for _ in range(place):
        length, at = lenenc(definition, at)
        at += length
    length, at = lenenc(definition, at)
    return definition[at : at + length].decode(errors="replace")


def _definition_type(definition):
    at = 0
    for _ in range(6):
        length, at = lenenc(definition, at)
        at += length
    # The length of the fixed part (1), character set (2), length (4), then the type.
    return definition[at + 7]
