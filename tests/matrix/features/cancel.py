"""Stopping a statement that runs, without losing the session."""

from steps import cells

TITLE = "cancel"
SAYS = "stops a statement that runs (Ctrl-C, or KILL QUERY with the number that the driver has); the session goes on"

# A condition over all tables, so that no server counts them without reading.
_ENDLESS = """
SELECT COUNT(*) FROM numbers a, numbers b, numbers c, numbers d, numbers endless
WHERE a.n + b.n + c.n + d.n + endless.n < 0
"""


def run(client, steps, scene):
    connected = client.ask("connect", on="a")
    client.ask("query", on="a", sql="SET @kept = 'kept'")
    client.start("query", on="a", sql=_ENDLESS)
    scene.wait_for("endless")
    client.interrupt(connected)
    steps.refuse("stopped", client.finish, 1317)
    steps.expect("nothing runs on the server", lambda: scene.wait_for("endless", runs=False))
    steps.expect("the session is kept", lambda: client.ask("query", on="a", sql="SELECT @kept"), [["kept"]], cells)
    client.ask("close", on="a")
