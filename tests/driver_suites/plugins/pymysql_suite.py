"""Lets PyMySQL's tests, which stand in an older package, meet the driver that is installed."""

import os
from pathlib import Path

import pymysql

# What the installed driver does not have, `pymysql.tests` above all, is found in the copy of the package.
pymysql.__path__.append(str(Path(os.environ["POSTERN_SUITE"]) / "pymysql"))
