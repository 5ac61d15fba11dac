"""What the end-to-end tests share: two servers, the issuers, and a gateway before each server."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import drivers  # noqa: E402
import shop  # noqa: E402
from certificates import Authority  # noqa: E402
from gateway import Gateway  # noqa: E402
from issuers import Mint, Provider  # noqa: E402
from servers import Server  # noqa: E402
from wire import Wire  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--total", choices=["some", "all"], default="some", help="expressions to try")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session", params=["mysql", "mariadb"])
def server(request, tmp_path_factory, authority):
    """A database server with the shop in it; every test runs against both kinds."""
    server = Server(request.param, tmp_path_factory.mktemp(request.param), authority)
    try:
        shop.set_up(server)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def mint(authority):
    mint = Mint(authority)
    yield mint
    mint.stop()


@pytest.fixture(scope="session")
def provider(tmp_path_factory, authority):
    agents = {"analyst": ["agents-analytics"], "engineer": ["agents-engineering"], "guest": []}
    provider = Provider(tmp_path_factory.mktemp("provider"), authority, agents)
    yield provider
    provider.stop()


@pytest.fixture(scope="session")
def gateway(server, mint, authority, tmp_path_factory):
    """The gateway that most tests use together."""
    folder = tmp_path_factory.mktemp(f"gateway-{server.kind}")
    gateway = Gateway(folder, server, authority, mint, shop.POLICY)
    try:
        yield gateway.start()
    finally:
        gateway.stop()


@pytest.fixture
def own_gateway(server, mint, authority, tmp_path):
    """Makes gateways for one test alone: `own_gateway(policy=…, limits={…})`."""
    made = []

    def make(policy=shop.POLICY, issuer=mint, **options):
        folder = tmp_path / f"gateway-{len(made)}"
        folder.mkdir()
        gateway = Gateway(folder, server, authority, issuer, policy, **options)
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.stop()


@pytest.fixture
def analyst(gateway, mint):
    """A connection of PyMySQL as a read-only agent."""
    with drivers.pymysql_connect(gateway, mint.token()) as connection:
        yield connection


@pytest.fixture
def engineer(gateway, mint):
    """A connection of PyMySQL as an agent that may write orders."""
    token = mint.token("engineer-1", ["agents-engineering"])
    with drivers.pymysql_connect(gateway, token) as connection:
        yield connection


@pytest.fixture
def wire(gateway, mint):
    """A connection by hand, logged in as a read-only agent."""
    with Wire(gateway.port, gateway.authority) as wire:
        yield wire.login(mint.token())
