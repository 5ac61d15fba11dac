"""One statement through Connector/Python's C extension: settings as JSON on standard input, rows on standard output.

A program of its own, because the extension must be loaded before Python's `ssl`: its libcrypto is newer.
"""

import _mysql_connector  # noqa: F401, I001

import json
import sys

import mysql.connector

settings = json.load(sys.stdin)
sql = settings.pop("sql")
try:
    connection = mysql.connector.connect(**settings, use_pure=False)
    cursor = connection.cursor()
    cursor.execute(sql)
    print(json.dumps([[cell if cell is None else str(cell) for cell in row] for row in cursor]))
except mysql.connector.Error as error:
    sys.exit(f"{error.errno} {error.msg}")
