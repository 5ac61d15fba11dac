"""What a client can do with its server, one file a feature; the order is that of docs/clients.md.

Each file has `TITLE`, `SAYS` (what is tried, for the document) and `run(client, steps, scene)`.
"""

import importlib

NAMES = [
    "connect",
    "prepared",
    "cursor",
    "multi_result",
    "large_packet",
    "local_infile",
    "cancel",
    "reconnect",
    "change_user",
    "pooling",
    "transactions",
    "types",
]
FEATURES = {name: importlib.import_module(f"features.{name}") for name in NAMES}
