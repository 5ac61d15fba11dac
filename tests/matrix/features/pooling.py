"""A pool of one connection: what its second user finds of the first."""

TITLE = "pooling reset"
SAYS = "gives a connection back to the driver's pool, takes it again, and looks what is left of its session"


def run(client, steps, scene):
    leave = ["SET @left = 'of the first'", "SET SESSION sql_mode = 'ANSI_QUOTES'"]
    ask = ["SELECT @left", "SELECT @@sql_mode"]
    # What a pool resets is its own business, so it is the same both ways and no more.
    steps.expect("what is left", lambda: client.ask("pool", leave=leave, ask=ask))
