"""A connection that is killed, and the way back."""

from steps import cells

TITLE = "reconnect after a kill"
SAYS = "notices that its connection was killed, by itself or by the server, and connects again in its own way"


def run(client, steps, scene):
    def ask():
        return client.ask("query", on="a", sql="SELECT 5")

    for name, kill in (("by KILL", client.kill), ("by the server", lambda _: scene.kill_all())):
        connected = client.ask("connect", on="a", again=True)
        kill(connected)
        steps.lose(f"killed {name}", ask)
        steps.expect(f"again, {name}", lambda: client.ask("reconnect", on="a"))
        steps.expect(f"asks, {name}", ask, [["5"]], cells)
        client.ask("close", on="a")
