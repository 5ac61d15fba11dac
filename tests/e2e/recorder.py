"""Stands between any client and the gateway, ends TLS on both sides, and keeps every byte that the client is sent.

A program of its own, because a client library may keep Python's lock while it waits for an answer.
"""

import json
import select
import socket
import ssl
import sys
import threading
from pathlib import Path

from programs import Program, environment

_CHUNK = 1 << 16


class Recorder:
    """A running recorder; clients connect to it, and trust it, as if it were the gateway."""

    def __init__(self, folder, gateway, authority):
        self.authority = authority.certificate
        self._kept = folder / "received"
        self._kept.touch()
        self._taken = 0
        certificate, key = authority.sign("recorder")
        settings = {
            "port": gateway.port,
            "ca": str(self.authority),
            "certificate": str(certificate),
            "key": str(key),
            "kept": str(self._kept),
        }
        command = [sys.executable, __file__, json.dumps(settings)]
        self._program = Program(command, env=environment(PYTHONUNBUFFERED="1"))
        self.port = int(self._program.wait_for_line("listening on").split()[-1])

    def take(self):
        """What clients were sent since the last call."""
        with self._kept.open("rb") as kept:
            kept.seek(self._taken)
            received = kept.read()
        self._taken += len(received)
        return received

    def stop(self):
        self._program.stop()
        self._kept.unlink()


def _serve(settings):
    identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity.load_cert_chain(settings["certificate"], settings["key"])
    trust = ssl.create_default_context(cafile=settings["ca"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print("listening on", listener.getsockname()[1])
        while True:
            client, _ = listener.accept()
            threading.Thread(
                target=_carry, args=(client, settings, identity, trust), daemon=True
            ).start()


def _carry(client, settings, identity, trust):
    server = socket.create_connection(("127.0.0.1", settings["port"]))
    with client, server, Path(settings["kept"]).open("ab", buffering=0) as kept:
        greeting = _packet(server)
        kept.write(greeting)
        client.sendall(greeting)
        # The client asks for TLS with a packet of its own, in clear.
        server.sendall(_packet(client))
        with (
            trust.wrap_socket(server, server_hostname="127.0.0.1") as server,
            identity.wrap_socket(client, server_side=True) as client,
        ):
            _pump(client, server, kept)


def _packet(sender):
    # Not a byte more than the packet: what follows belongs to TLS.
    header = _exactly(sender, 4)
    return header + _exactly(sender, int.from_bytes(header[:3], "little"))


def _exactly(sender, length):
    data = b""
    while len(data) < length:
        piece = sender.recv(length - len(data))
        if not piece:
            raise ConnectionError("the connection ended before the login")
        data += piece
    return data


def _pump(client, server, kept):
    while True:
        # What lies in a TLS record that was read makes no socket ready.
        ready = [side for side in (client, server) if side.pending()]
        for side in ready or select.select([client, server], [], [])[0]:
            data = _available(side)
            if data == b"":
                return
            if data and side is server:
                # Before the client has it, so that whoever has an answer finds all of it here.
                kept.write(data)
                client.sendall(data)
            elif data:
                server.sendall(data)


def _available(side):
    """What can be read without waiting; None where it was a part of a record, or one of TLS itself."""
    side.setblocking(False)
    try:
        return side.recv(_CHUNK)
    except ssl.SSLWantReadError:
        return None
    finally:
        side.setblocking(True)


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
