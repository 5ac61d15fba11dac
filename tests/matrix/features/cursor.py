"""A cursor that the server keeps, read in parts."""

from steps import plain

TITLE = "cursor"
SAYS = "reads 1,000 rows in parts out of a cursor that the server keeps"


def run(client, steps, scene):
    client.ask("connect", on="a")
    sql = "SELECT n, REPEAT('x', 100) FROM numbers ORDER BY n"

    def fetch():
        return client.ask("cursor", on="a", sql=sql, size=64)

    def numbers(answer):
        return [plain(row[0]) for row in answer["rows"]]

    every = [str(n) for n in range(1, 1001)]
    steps.expect("rows in parts", fetch, every, numbers)
    steps.expect("again", fetch, every, numbers)
    client.ask("close", on="a")
