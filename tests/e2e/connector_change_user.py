"""A new login in the same connection of Connector/Python: settings as JSON on standard input, answers on standard output.

A program of its own, because the C extension must be loaded before Python's `ssl`: its libcrypto is newer.
"""

import _mysql_connector  # noqa: F401, I001

import json
import sys

import mysql.connector

given = json.load(sys.stdin)
connection = mysql.connector.connect(**given["settings"], use_pure=given["pure"], autocommit=True)


def answer(sql):
    try:
        connection.cmd_query(sql)
    except mysql.connector.Error as error:
        return error.errno
    return "done"


answers = [answer(given["sql"])]
connection.cmd_change_user(given["settings"]["user"], given["password"], "shop")
answers.append(answer(given["sql"]))
# What a pool does when a connection comes back.
connection.reset_session()
answers.append(answer(given["sql"]))
print(json.dumps(answers))
