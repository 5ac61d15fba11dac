"""Logging in over TLS, text of every kind, and errors."""

from steps import cells

TITLE = "connect"
SAYS = "logs in over TLS, sends and reads text, gets the server's errors; a wrong password is refused"


def run(client, steps, scene):
    # The number of the connection is another each time.
    connected = steps.expect("log in", lambda: client.ask("connect", on="a"), of=lambda made: made.get("version"))

    def ask(sql):
        return lambda: client.ask("query", on="a", sql=sql)

    def knows_its_number():
        return cells(ask("SELECT CONNECTION_ID()")()) == [[str(connected["id"])]]

    if connected and "id" in connected:
        steps.expect("its number", knows_its_number, True)
    steps.expect("database", ask("SELECT DATABASE()"), [["matrix"]], cells)
    steps.expect("text", ask("SELECT 'naïve ☃ 😀', _latin1 X'E9', ''"), [["naïve ☃ 😀", "é", ""]], cells)
    steps.expect("null", ask("SELECT NULL, 7"), of=cells)
    steps.expect("no rows", ask("SELECT n FROM numbers WHERE n < 0"), [], cells)
    several = "SELECT n FROM numbers WHERE n = (SELECT n FROM numbers)"
    steps.refuse("an error of the server", ask(several), 1242)
    steps.expect("after an error", ask("SELECT 1 + 1"), [["2"]], cells)
    wrong = "not the password"
    steps.refuse("wrong password", lambda: client.ask("connect", on="b", password=wrong), 1045)
    steps.expect("leave", lambda: client.ask("close", on="a"))
