"""Every driver reads a masked row of every type as it reads any other row."""

import json
import os
from typing import NamedTuple

import matrix
import matrix_drivers
import pytest
from gateway import Gateway
from programs import ROOT
from servers import Server

DOCUMENT = ROOT / "docs/drivers.md"


class World(NamedTuple):
    server: Server
    gateway: Gateway
    # What the gateway shows, by table and column, and what of it the server does not take back.
    cells: dict
    unfit: list


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def world(request, tmp_path_factory, authority, mint):
    """A server with a table a mask, and a gateway before it."""
    kind = request.param
    folder = tmp_path_factory.mktemp(f"matrix-{kind}")
    server = Server(kind, folder, authority)
    gateway = None
    try:
        matrix.set_up(server)
        gateway = Gateway(folder, server, authority, mint, matrix.policy(kind))
        gateway.write("mask.key", matrix.MASK_KEY)
        gateway.start()
        yield World(server, gateway, *matrix.fill_shown(server, gateway, mint.token()))
    finally:
        if gateway:
            gateway.stop()
        server.stop()


def test_a_masked_value_is_a_value_of_its_column(world):
    assert not world.unfit, "\n".join(world.unfit)
    for cells in world.cells.values():
        for cell in cells.get("json_plain", []):
            assert cell is None or json.loads(cell), cell


def test_a_redaction_is_the_constant_of_its_type(world):
    for column in matrix.masked(world.server.kind, "redact"):
        assert world.cells["redact"][column.name] == [column.redacted] * 3, column.name
        assert world.cells["redact_not_null"][column.name] == [column.redacted] * 2, column.name
        assert world.cells["null"][column.name] == [None] * 3, column.name


@pytest.mark.parametrize("table", matrix.tables())
def test_no_mask_shows_a_protected_value_or_spoils_another(table, world):
    for name, (clear, protected) in matrix.clear_cells(world.server, table).items():
        for cell, truth in zip(world.cells[table][name], clear, strict=True):
            hidden = cell != truth or truth is None
            assert hidden if protected else cell == truth, f"{name}: {cell!r} for {truth!r}"


@pytest.mark.parametrize("driver", matrix_drivers.WAYS)
def test_a_driver_reads_masked_rows_like_any_other(driver, world, mint):
    server, gateway = world.server, world.gateway
    through = (gateway.port, "shop", mint.token(), gateway.authority)
    around = (server.port, matrix.DIRECT.name, matrix.DIRECT.password, gateway.authority)
    asked = _statements(driver, server.kind, "matrix")
    seen = matrix_drivers.ask(driver, *through, asked)
    expected = matrix_drivers.ask(driver, *around, _statements(driver, server.kind, "shown"))
    wrong = [
        f"{way}, {name}: {how}"
        for way in matrix_drivers.WAYS[driver]
        for name, got, wanted in zip(asked[way], seen[way], expected[way], strict=True)
        # A text that is not known to come whole is redacted where its mask tells values apart.
        if not way.endswith(("latin1", "unconverted"))
        or name.removesuffix("_not_null") not in matrix.KEYED
        for how in _differences(got, wanted)
    ]
    assert not wrong, f"{len(wrong)} differences\n" + "\n".join(wrong[:40])
    everything = json.dumps(seen, ensure_ascii=False)
    leaked = [text for text in matrix.canaries(server.kind) if text in everything]
    assert not leaked, leaked


def _statements(driver, server_kind, schema):
    """The statements of each way of a driver, by name."""
    faults = matrix_drivers.FAULTS
    return {
        way: matrix.statements(server_kind, schema, faults.get((driver, way), set()))
        for way in matrix_drivers.WAYS[driver]
    }


def _differences(got, expected):
    """What a driver made of a masked answer that it does not make of the same values unmasked."""
    if "error" in got or "error" in expected:
        if "error" in expected:
            yield f"around the gateway: {expected['error']}"
        if "error" in got:
            yield got["error"]
        return
    if got["columns"] != expected["columns"]:
        for one, other in zip(got["columns"], expected["columns"], strict=True):
            if one != other:
                yield f"column {one!r}, not {other!r}"
    if len(got["rows"]) != len(expected["rows"]):
        yield f"{len(got['rows'])} rows, not {len(expected['rows'])}"
        return
    if not got["rows"]:
        yield "no rows"
    for row, other in zip(got["rows"], expected["rows"], strict=True):
        for name, cell, wanted in zip(got["columns"], row, other, strict=True):
            if cell != wanted:
                yield f"row {row[0]}, {name}: {cell!r}, not {wanted!r}"


def test_the_table_of_drivers_is_up_to_date():
    table = matrix_drivers.table(list(matrix.KINDS))
    if os.environ.get("UPDATE_EXPECT"):
        DOCUMENT.write_text(table)
    assert DOCUMENT.read_text() == table, "run UPDATE_EXPECT=1 make drivers"
