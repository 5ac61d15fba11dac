"""LOAD DATA LOCAL INFILE: the client sends a file of its own."""

from steps import cells

TITLE = "LOCAL INFILE"
SAYS = "LOAD DATA LOCAL INFILE of a file of 100,000 lines; one that is not there is an error"


def run(client, steps, scene):
    lines = 100_000
    path = scene.file("loaded.csv", "".join(f"{n},line {n}\n" for n in range(lines)))
    client.ask("connect", on="a", local=True)

    def load(path):
        sql = f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE loaded FIELDS TERMINATED BY ','"
        return lambda: client.ask("query", on="a", sql=sql)

    if steps.expect("load", load(path)) is not None:
        steps.expect("stored", lambda: scene.rows("SELECT COUNT(*), MAX(n) FROM loaded"), ((lines, lines - 1),))
    steps.refuse("no such file", load(path.with_name("nothing.csv")))
    client.ask("close", on="a")
    client.ask("connect", on="a")
    steps.expect("a session afterwards", lambda: client.ask("query", on="a", sql="SELECT 5"), [["5"]], cells)
    client.ask("close", on="a")
