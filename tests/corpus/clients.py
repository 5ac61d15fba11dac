"""Two real clients that keep every byte they were sent: PyMySQL for text, Connector/Python for prepared."""

import functools
import ssl

import mysql.connector
import mysql.connector.errors
import pymysql
from pymysql.constants import CLIENT


class Refused(Exception):
    """An ERR came back; `lost` tells that the connection went with it."""

    def __init__(self, code, text, lost):
        super().__init__(f"{code}: {text}")
        self.code = code
        self.lost = lost
        self.by_gateway = "[POSTERN-" in text


class Undecodable(Exception):
    """An answer came that this client cannot read; its bytes are in `received` all the same."""


# What a client says of a connection that is gone (2006, 2013, 2055) and PyMySQL's own 0.
_LOST = {0, 2006, 2013, 2055}


class TextClient:
    """COM_QUERY, as PyMySQL sends it."""

    def __init__(self, host, port, user, password, ca, multi_statements):
        self.received = bytearray()
        tap = self.received

        class Connection(pymysql.connections.Connection):
            def _read_bytes(self, count):
                data = super()._read_bytes(count)
                tap.extend(data)
                return data

        self._connection = Connection(
            host=host,
            port=port,
            user=user,
            password=password,
            ssl=_trust(ca),
            charset="utf8mb4",
            autocommit=None,
            read_timeout=30,
            client_flag=CLIENT.MULTI_STATEMENTS if multi_statements else 0,
        )
        del tap[:]

    def run(self, sql):
        """Sends one text; gives the rows of all its result sets, or None where there was no row set."""
        try:
            self._connection.query(sql)
            rows = _rows(self._connection._result)
            while self._connection._result.has_next:
                self._connection.next_result()
                rows = (rows or []) + (_rows(self._connection._result) or [])
            return rows
        except pymysql.err.MySQLError as error:
            code, text = (*error.args, "", "")[:2]
            raise Refused(code, str(text), code in _LOST) from None
        except (LookupError, UnicodeError, ValueError) as error:
            raise Undecodable(str(error)) from None

    def warnings(self):
        """Asks for the warnings of the statement before."""
        self.run(b"SHOW WARNINGS")

    def close(self):
        self._connection._force_close()


@functools.cache
def _trust(ca):
    return ssl.create_default_context(cafile=ca)


def _rows(result):
    return list(result.rows) if result.rows is not None else None


class PreparedClient:
    """COM_STMT_PREPARE and EXECUTE, as MySQL's own Connector/Python (pure) sends them."""

    def __init__(self, host, port, user, password, ca, multi_statements):
        self.received = bytearray()
        self._connection = mysql.connector.connect(
            host=host,
            port=port,
            user=user,
            password=password,
            ssl_ca=ca,
            use_pure=True,
            connection_timeout=30,
        )
        socket = self._connection._socket
        receive = socket.recv

        def tap(*arguments, **options):
            packet = receive(*arguments, **options)
            self.received.extend(packet)
            return packet

        socket.recv = tap

    def run(self, sql):
        try:
            with self._connection.cursor(prepared=True) as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.with_rows else None
        except mysql.connector.errors.Error as error:
            lost = error.errno in _LOST or error.errno is None or error.errno < 0
            raise Refused(error.errno, str(error.msg), lost) from None
        except (LookupError, UnicodeError, ValueError) as error:
            raise Undecodable(str(error)) from None

    def warnings(self):
        try:
            if self._connection.cmd_query(b"SHOW WARNINGS").get("columns"):
                self._connection.get_rows()
        except mysql.connector.errors.Error as error:
            raise Refused(error.errno, str(error.msg), False) from None
        except (LookupError, UnicodeError, ValueError) as error:
            raise Undecodable(str(error)) from None

    def close(self):
        try:
            self._connection._socket.close_connection()
        except mysql.connector.errors.Error:
            pass


CLIENTS = {"text": TextClient, "prepared": PreparedClient}
