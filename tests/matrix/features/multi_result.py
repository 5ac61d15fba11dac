"""Several results of one command: of several statements in a text, and of a procedure."""

from steps import cells

TITLE = "multi-result"
SAYS = "sends several statements in one text, and calls a procedure with two results"


def run(client, steps, scene):
    client.ask("connect", on="a", multi=True)

    def ask(sql):
        return lambda: client.ask("query", on="a", sql=sql)

    mixed = "SELECT 1; INSERT INTO written (name) VALUES ('of two'); SELECT n FROM numbers WHERE n < 3 ORDER BY n"
    steps.expect("several statements", ask(mixed), [["1"], ["1"], ["2"]], cells)
    steps.expect("all were run", lambda: scene.rows("SELECT name FROM written"), (("of two",),))
    steps.expect("procedure", ask("CALL two_results()"), [["1", "one"], ["2"], ["3"]], cells)
    broken = "SELECT 1; SELECT n FROM numbers WHERE n = (SELECT n FROM numbers); SELECT 2"
    steps.refuse("an error in the middle", ask(broken), 1242)
    client.ask("close", on="a")
    client.ask("connect", on="a")
    steps.expect("a session afterwards", ask("SELECT 5"), [["5"]], cells)
    client.ask("close", on="a")
