"""Lets aiomysql's tests make their databases without standing in `mysql`, which no one may use through a gateway."""

import pymysql

_connect = pymysql.connect


def _connect_elsewhere(*arguments, db=None, **options):
    if db == "mysql":
        # Made again by the fixture that asks for this, whether it is there or not.
        db = None
    return _connect(*arguments, db=db, **options)


pymysql.connect = _connect_elsewhere
