"""Transactions by the client's own calls."""

from steps import cells

TITLE = "transactions"
SAYS = "begins, commits and rolls back by the client's own calls; others see nothing before the end"

_COUNT = "SELECT COUNT(*) FROM written"


def run(client, steps, scene):
    client.ask("connect", on="a")

    def ask(sql):
        return lambda: client.ask("query", on="a", sql=sql)

    def call(do):
        return lambda: client.ask(do, on="a")

    insert = ask("INSERT INTO written (name) VALUES ('in a transaction')")
    for end, kept in (("rollback", 0), ("commit", 1)):
        steps.expect(f"begin, {end}", call("begin"))
        steps.expect(f"write, {end}", insert)
        steps.expect(f"seen within, {end}", ask(_COUNT), [["1"]], cells)
        steps.expect(f"not seen outside, {end}", lambda: scene.rows(_COUNT), ((0,),))
        steps.expect(end, call(end))
        steps.expect(f"seen outside, {end}", lambda: scene.rows(_COUNT), ((kept,),))
    steps.expect("begin, savepoint", call("begin"))
    steps.expect("savepoint", ask("SAVEPOINT here"))
    steps.expect("write, savepoint", insert)
    steps.expect("back to it", ask("ROLLBACK TO SAVEPOINT here"))
    steps.expect("commit, savepoint", call("commit"))
    steps.expect("one row is left", lambda: scene.rows(_COUNT), ((1,),))
    client.ask("close", on="a")
