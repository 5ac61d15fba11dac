"""What went over one connection, below its client library: each command, and every byte that answered it."""

from dataclasses import dataclass, field


@dataclass
class Exchange:
    """One command as it was sent, and all that came back before the next."""

    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)

    @property
    def command(self):
        """The command's byte; None for what is no command, such as the login."""
        return self.sent[4] if len(self.sent) > 4 else None


class Journal:
    """The exchanges of a connection since they were last taken."""

    def __init__(self, socket):
        """Listens at a TLS socket: what it gives and takes is what the client sees."""
        self._exchanges = []
        self._listen(socket)

    def take(self):
        """The exchanges since the last call."""
        taken, self._exchanges = self._exchanges, []
        return taken

    def _listen(self, socket):
        receive, receive_into, send = socket.recv, socket.recv_into, socket.sendall

        def recv(*arguments):
            data = receive(*arguments)
            self._received(data)
            return data

        def recv_into(buffer, *arguments):
            count = receive_into(buffer, *arguments)
            self._received(memoryview(buffer)[:count])
            return count

        def sendall(data, *arguments):
            self._sent(data)
            return send(data, *arguments)

        socket.recv, socket.recv_into, socket.sendall = recv, recv_into, sendall

    def _sent(self, data):
        # A command begins with packet number 0; what follows it in further packets does not.
        if not self._exchanges or data[3] == 0:
            self._exchanges.append(Exchange())
        self._exchanges[-1].sent += data

    def _received(self, data):
        if not self._exchanges:
            self._exchanges.append(Exchange())
        self._exchanges[-1].received += data
