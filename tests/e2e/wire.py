"""The MySQL protocol by hand, for what no client library would send, and to see every byte that comes back."""

import hashlib
import socket
import ssl
import struct

CAPABILITIES = (
    0x00000001  # LONG_PASSWORD
    | 0x00000200  # PROTOCOL_41
    | 0x00000800  # SSL
    | 0x00002000  # TRANSACTIONS
    | 0x00008000  # SECURE_CONNECTION
    | 0x00020000  # MULTI_RESULTS
    | 0x00040000  # PS_MULTI_RESULTS
    | 0x00080000  # PLUGIN_AUTH
    | 0x00200000  # PLUGIN_AUTH_LENENC_CLIENT_DATA
    | 0x01000000  # DEPRECATE_EOF
)
CONNECT_WITH_DB = 0x00000008
MULTI_STATEMENTS = 0x00010000
SESSION_TRACK = 0x00800000
DEPRECATE_EOF = 0x01000000
QUERY_ATTRIBUTES = 0x08000000
UTF8MB4 = 45
PACKET_BYTES_MAX = 0xFFFFFF
SECONDS = 20
CURSOR_EXISTS = 0x0040
LAST_ROW_SENT = 0x0080
# Stands for a parameter that was sent ahead in pieces.
LONG = object()

COM = {
    "QUIT": 0x01,
    "INIT_DB": 0x02,
    "QUERY": 0x03,
    "FIELD_LIST": 0x04,
    "CREATE_DB": 0x05,
    "DROP_DB": 0x06,
    "REFRESH": 0x07,
    "SHUTDOWN": 0x08,
    "STATISTICS": 0x09,
    "PROCESS_INFO": 0x0A,
    "PROCESS_KILL": 0x0C,
    "DEBUG": 0x0D,
    "PING": 0x0E,
    "CHANGE_USER": 0x11,
    "BINLOG_DUMP": 0x12,
    "TABLE_DUMP": 0x13,
    "REGISTER_SLAVE": 0x15,
    "STMT_PREPARE": 0x16,
    "STMT_EXECUTE": 0x17,
    "STMT_SEND_LONG_DATA": 0x18,
    "STMT_CLOSE": 0x19,
    "STMT_RESET": 0x1A,
    "SET_OPTION": 0x1B,
    "STMT_FETCH": 0x1C,
    "BINLOG_DUMP_GTID": 0x1E,
    "RESET_CONNECTION": 0x1F,
    "CLONE": 0x20,
    "MULTI": 0xFE,
}


class ServerError(Exception):
    """An ERR packet."""

    def __init__(self, payload):
        (self.code,) = struct.unpack_from("<H", payload, 1)
        rest = payload[3:]
        self.state = rest[1:6].decode() if rest[:1] == b"#" else ""
        self.text = (rest[6:] if self.state else rest).decode(errors="replace")
        super().__init__(f"{self.code} ({self.state}): {self.text}")


class Wire:
    """One connection; `received` holds every byte of every packet that came, headers apart."""

    def __init__(self, port, authority=None):
        self.received = bytearray()
        self.sequence = 0
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._authority = authority
        self._buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    # Packets.

    def send_bytes(self, data):
        self._socket.sendall(data)

    def send(self, payload, sequence=None):
        """Sends one payload, cut into packets as the protocol wants it."""
        if sequence is not None:
            self.sequence = sequence
        while True:
            piece, payload = payload[:PACKET_BYTES_MAX], payload[PACKET_BYTES_MAX:]
            self.send_bytes(struct.pack("<I", len(piece))[:3] + bytes([self.sequence]) + piece)
            self.sequence = (self.sequence + 1) % 256
            if len(piece) < PACKET_BYTES_MAX:
                return

    def _read(self, count):
        while len(self._buffer) < count:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError("the gateway closed the connection")
            self._buffer += chunk
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def receive(self):
        """One payload, put together."""
        payload = bytearray()
        while True:
            header = self._read(4)
            length = int.from_bytes(header[:3], "little")
            self.sequence = (header[3] + 1) % 256
            payload += self._read(length)
            if length < PACKET_BYTES_MAX:
                self.received += payload
                return bytes(payload)

    def receive_good(self):
        """One payload that is not an ERR."""
        payload = self.receive()
        if payload[:1] == b"\xff":
            raise ServerError(payload)
        return payload

    def is_closed(self):
        """Waits for the end of the connection, swallowing what still comes."""
        try:
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except (ConnectionError, ssl.SSLError):
            pass
        return True

    # The login.

    def greeting(self):
        payload = self.receive_good()
        end = payload.index(b"\0", 1)
        self.server_version = payload[1:end].decode()
        return payload

    def start_tls(self, capabilities=CAPABILITIES):
        """Sends the SSLRequest and turns TLS on."""
        self.send(struct.pack("<IIB23x", capabilities, PACKET_BYTES_MAX, UTF8MB4))
        trust = ssl.create_default_context(cafile=self._authority)
        trust.minimum_version = ssl.TLSVersion.TLSv1_2
        self._socket = trust.wrap_socket(self._socket, server_hostname="127.0.0.1")

    def send_login(
        self,
        user="shop",
        answer=b"\1" * 32,
        plugin=b"caching_sha2_password",
        database=None,
        capabilities=CAPABILITIES,
    ):
        """Sends the HandshakeResponse41."""
        database_part = b""
        if database is not None:
            capabilities |= CONNECT_WITH_DB
            database_part = database.encode() + b"\0"
        self.send(
            struct.pack("<IIB23x", capabilities, PACKET_BYTES_MAX, UTF8MB4)
            + user.encode()
            + b"\0"
            + lenenc(answer)
            + database_part
            + plugin
            + b"\0"
        )

    def login(self, token, user="shop", database=None, capabilities=CAPABILITIES):
        """Logs in as every ordinary client does: the token is the password, given inside TLS."""
        self.greeting()
        self.start_tls(capabilities)
        self.send_login(user, database=database, capabilities=capabilities)
        asked = self.receive_good()
        assert asked == b"\x01\x04", f"expected the demand for the password, got {asked!r}"
        self.send(token.encode() + b"\0")
        self.accepted = self.receive_good()
        return self

    def login_directly(self, account, database=None, capabilities=CAPABILITIES):
        """Logs in at a server itself, around the gateway."""
        greeting = self.greeting()
        at = greeting.index(b"\0", 1) + 5
        salt = greeting[at : at + 8] + greeting[at + 27 : at + 39]
        plugin = greeting[at + 40 :].rstrip(b"\0")
        # Servers believe what came before TLS.
        self.start_tls(capabilities | (CONNECT_WITH_DB if database else 0))
        password = account.password.encode()
        answer = _scramble(plugin, password, salt)
        self.send_login(account.name, answer, plugin, database, capabilities)
        payload = self.receive_good()
        if payload == b"\x01\x04":
            self.send(password + b"\0")
        if payload[:1] == b"\x01":
            payload = self.receive_good()
        assert payload[:1] == b"\0", payload
        self.accepted = payload
        return self

    # Commands.

    def command(self, name, body=b""):
        """Sends a command and gives the first payload of the answer; an ERR is raised."""
        self.send(bytes([COM[name] if isinstance(name, str) else name]) + body, sequence=0)
        return self.receive_good()

    def query(self, sql):
        """Every result set of a statement: a list of lists of rows of bytes, `[]` for an OK."""
        self.send(b"\x03" + (sql if isinstance(sql, bytes) else sql.encode()), sequence=0)
        return self._results(self._text_row)

    def prepare(self, sql):
        """Prepares a statement and gives its id and its count of parameters."""
        payload = self.command("STMT_PREPARE", sql if isinstance(sql, bytes) else sql.encode())
        statement, columns, parameters = struct.unpack_from("<IHH", payload, 1)
        for _ in range(columns + parameters):
            self.receive_good()
        return statement, parameters

    def execute(self, statement, parameters=()):
        """Runs a prepared statement with text parameters and gives its rows, cells as raw bytes."""
        self.send(b"\x17" + self._execute_body(statement, 0, parameters), sequence=0)
        return self._results(lambda payload, _columns: payload)

    def open_cursor(self, statement, parameters=()):
        """Runs a prepared statement with a cursor and gives the flags that came with its columns."""
        self.send(b"\x17" + self._execute_body(statement, 1, parameters), sequence=0)
        columns, _ = read_lenenc(self.receive_good(), 0)
        for _ in range(columns):
            self.receive_good()
        return _ok_status(self.receive_good())

    def fetch(self, statement, rows):
        """Fetches rows of a cursor: their payloads, and the flags at their end."""
        self.send(b"\x1c" + struct.pack("<II", statement, rows), sequence=0)
        fetched = []
        while True:
            payload = self.receive_good()
            if payload[:1] == b"\xfe":
                return fetched, _ok_status(payload)
            fetched.append(payload)

    def reset(self, statement):
        """Resets a prepared statement: its cursor and its long data are gone."""
        self.command("STMT_RESET", struct.pack("<I", statement))

    def send_long_data(self, statement, parameter, data):
        """Sends a piece of a parameter; nothing answers."""
        self.send(b"\x18" + struct.pack("<IH", statement, parameter) + data, sequence=0)

    @staticmethod
    def _execute_body(statement, flags, parameters):
        body = struct.pack("<IBI", statement, flags, 1)
        if parameters:
            nulls = bytearray((len(parameters) + 7) // 8)
            types = values = b""
            for place, value in enumerate(parameters):
                types += b"\xfd\0"
                if value is LONG:
                    continue
                if value is None:
                    nulls[place // 8] |= 1 << place % 8
                else:
                    values += lenenc(str(value).encode())
            body += bytes(nulls) + b"\1" + types + values
        return body

    def _results(self, read_row):
        results = []
        while True:
            payload = self.receive_good()
            if payload[:1] == b"\x00":
                results.append([])
                status = _ok_status(payload)
            else:
                columns, _ = read_lenenc(payload, 0)
                for _ in range(columns):
                    self.receive_good()
                rows = []
                while True:
                    payload = self.receive_good()
                    if payload[:1] == b"\xfe" and len(payload) < PACKET_BYTES_MAX:
                        break
                    rows.append(read_row(payload, columns))
                results.append(rows)
                status = _ok_status(payload)
            if not status & 0x0008:  # SERVER_MORE_RESULTS_EXISTS
                return results

    @staticmethod
    def _text_row(payload, columns):
        cells, at = [], 0
        for _ in range(columns):
            if payload[at] == 0xFB:
                cells.append(None)
                at += 1
            else:
                length, at = read_lenenc(payload, at)
                cells.append(payload[at : at + length])
                at += length
        return cells


def _scramble(plugin, password, salt):
    digest = {b"caching_sha2_password": hashlib.sha256, b"mysql_native_password": hashlib.sha1}[plugin]
    once = digest(password).digest()
    twice = digest(once).digest()
    mixed = digest(twice + salt if plugin.startswith(b"caching") else salt + twice).digest()
    return bytes(one ^ other for one, other in zip(once, mixed, strict=True))


def lenenc(data):
    """The bytes with their length in front."""
    length = len(data)
    if length < 0xFB:
        return bytes([length]) + data
    if length < 1 << 16:
        return b"\xfc" + struct.pack("<H", length) + data
    if length < 1 << 24:
        return b"\xfd" + struct.pack("<I", length)[:3] + data
    return b"\xfe" + struct.pack("<Q", length) + data


def read_lenenc(payload, at):
    """A length-encoded integer, and where it ends."""
    first = payload[at]
    if first < 0xFB:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(payload[at + 1 : at + 1 + size], "little"), at + 1 + size


def _ok_status(payload):
    _, at = read_lenenc(payload, 1)
    _, at = read_lenenc(payload, at)
    return int.from_bytes(payload[at : at + 2], "little")
