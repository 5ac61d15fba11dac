"""COM_CHANGE_USER: a new login in the same connection."""

import contextlib

from session import ClientError
from steps import cells

TITLE = "change user"
SAYS = "logs in anew in the same connection, which forgets its session; a wrong password is refused"


def run(client, steps, scene):
    client.ask("connect", on="a")
    client.ask("query", on="a", sql="SET @left = 'of the first'")
    client.ask("query", on="a", sql="CREATE TEMPORARY TABLE leftover (n INT)")

    def change(password):
        return lambda: client.ask("change_user", on="a", password=password, database="other")

    steps.expect("change", change(scene.place.other_password))
    seen = "SELECT @left, DATABASE()"
    steps.expect("a new session", lambda: client.ask("query", on="a", sql=seen), [[None, "other"]], cells)
    steps.refuse("no table is left", lambda: client.ask("query", on="a", sql="SELECT n FROM matrix.leftover"))
    steps.refuse("wrong password", change("not the password"))
    # The server ended it, and there are drivers that say so.
    with contextlib.suppress(ClientError):
        client.ask("close", on="a")
