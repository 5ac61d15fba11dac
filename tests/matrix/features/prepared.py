"""Prepared statements of the protocol, executed several times with parameters of several types."""

from steps import cells

TITLE = "prepared"
SAYS = "prepares a statement on the server and executes it with numbers, text, bytes and NULL"


def run(client, steps, scene):
    client.ask("connect", on="a")

    def execute(sql, *many):
        return lambda: client.ask("execute", on="a", sql=sql, many=many)

    name = "SELECT n, CONCAT('n', n) FROM numbers WHERE n BETWEEN ? AND ? ORDER BY n"
    steps.expect("numbers", execute(name, [2, 3], [5, 5]), [["2", "n2"], ["3", "n3"], ["5", "n5"]], cells)
    text = "SELECT CONCAT('<', ?, '>') FROM numbers WHERE n = ?"
    steps.expect("text", execute(text, ["naïve ☃ 'quoted'", 1]), [["<naïve ☃ 'quoted'>"]], cells)
    steps.expect("null", execute("SELECT COUNT(*) FROM numbers WHERE n <=> ?", [None]), [["0"]], cells)
    write = "INSERT INTO written (name, amount) VALUES (?, ?)"
    steps.expect("write", execute(write, ["first", 1], ["second", None], [None, -3]))
    read = "SELECT name, amount FROM written ORDER BY id"
    stored = (("first", 1), ("second", None), (None, -3))
    steps.expect("stored", lambda: scene.rows(read), stored)
    steps.refuse("an error at the prepare", execute("SELECT FROM", []))
    steps.refuse("an error at the execute", execute("INSERT INTO numbers VALUES (?)", [1]), 1062)
    steps.expect("after an error", execute(name, [4, 4]), [["4", "n4"]], cells)
    client.ask("close", on="a")
