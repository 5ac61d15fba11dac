"""A target that lies: it passes everything on to a real server, until a statement asks it for a lie."""

import re
import select
import socket
import ssl
import struct
import threading

from wire import lenenc

_REQUEST_BYTES = 36
_CHUNK_BYTES = 1 << 16
_MARK = re.compile(rb"lie:(\w+)")
_STATEMENTS = (b"\x03", b"\x16")


class LyingTarget:
    """Stands at `port` in front of a server; `lies` holds by name what is sent in place of an answer."""

    def __init__(self, server, authority, lies):
        self._server_port = server.port
        self._lies = lies
        certificate, key = authority.sign("liar")
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        self._trust = ssl.create_default_context(cafile=authority.certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        server = socket.create_connection(("127.0.0.1", self._server_port))
        try:
            # The greeting is one packet, and what asks for TLS has its length: what follows is not in clear.
            client.sendall(server.recv(_CHUNK_BYTES))
            request = _exactly(client, _REQUEST_BYTES)
            server.sendall(request)
            server = self._trust.wrap_socket(server, server_hostname="127.0.0.1")
            client = self._tls.wrap_socket(client, server_side=True)
            self._pass_on(client, server)
        except (OSError, ssl.SSLError):
            pass
        finally:
            client.close()
            server.close()

    def _pass_on(self, client, server):
        asked = bytearray()
        while True:
            if not client.pending() and not server.pending():
                select.select([client, server], [], [])
            answer = _what_came(server)
            if answer == b"":
                return
            client.sendall(answer or b"")
            came = _what_came(client)
            if came == b"":
                return
            asked += came or b""
            while (packet := _take_packet(asked)) is not None:
                lie = _MARK.search(packet) if packet[4:5] in _STATEMENTS else None
                if lie is None:
                    server.sendall(packet)
                    continue
                for piece in self._lies[lie.group(1).decode()]:
                    if piece is None:
                        return
                    client.sendall(piece)


def _exactly(stream, count):
    data = b""
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise ConnectionError("it closed")
        data += piece
    return data


def _what_came(stream):
    """What can be read at once: `None` for nothing yet, empty at the end."""
    stream.setblocking(False)
    try:
        return stream.recv(_CHUNK_BYTES)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    finally:
        stream.setblocking(True)


def _take_packet(data):
    length = 4 + int.from_bytes(data[:3], "little")
    if len(data) < max(length, 4):
        return None
    packet = bytes(data[:length])
    del data[:length]
    return packet


# What lies are made of.


def packets(*payloads, first=1):
    """The payloads as packets, numbered in order."""
    return b"".join(
        struct.pack("<I", len(payload))[:3] + bytes([(first + place) % 256]) + payload
        for place, payload in enumerate(payloads)
    )


def column(name, table="", schema=""):
    parts = (b"def", schema, table, table, name, name if table else "")
    texts = (part if isinstance(part, bytes) else part.encode() for part in parts)
    shape = struct.pack("<HIBHB", 45, 240, 0xFD, 0, 0)
    return b"".join(lenenc(text) for text in texts) + b"\x0c" + shape + b"\0\0"


def row(*cells):
    return b"".join(b"\xfb" if cell is None else lenenc(cell) for cell in cells)


def ok(status=0x0002, header=0):
    return bytes([header, 0, 0]) + struct.pack("<HH", status, 0)


def end(status=0x0002):
    return ok(status, 0xFE)


def err(code=1317, text=b"interrupted"):
    return b"\xff" + struct.pack("<H", code) + b"#HY000" + text
