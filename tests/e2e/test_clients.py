"""The table of clients says what the registry and the list of reasons say, and these cannot rot."""

import sys

import pytest
from programs import ROOT

sys.path[:0] = [str(ROOT / "tests/clients"), str(ROOT / "tests/matrix")]

import document  # noqa: E402
import matrix_drivers  # noqa: E402
import registry  # noqa: E402
import verdict  # noqa: E402
from features import FEATURES  # noqa: E402
from steps import Step  # noqa: E402

GOOD = Step(True, "same")
OTHER = Step(True, "other")
BAD = Step(False, "no")
CELL = ("PyMySQL", "connect", "mysql")


def entry(kind, *steps, server=""):
    return verdict.Entry(kind, ["PyMySQL"], "connect", server, list(steps), "why")


def test_the_document_is_up_to_date():
    expected = document.text(verdict.load())
    assert document.DOCUMENT.read_text() == expected, "run UPDATE_EXPECT=1 make clients"


def test_every_driver_that_reads_masked_rows_is_a_client():
    assert matrix_drivers.WAYS.keys() <= registry.CLIENTS.keys()


@pytest.mark.parametrize("client", registry.CLIENTS)
def test_what_a_client_is_without_is_a_feature_and_has_a_reason(client):
    without = registry.CLIENTS[client].get("without", {})
    assert without.keys() <= FEATURES.keys()
    assert all(reason.strip() for reason in without.values())


@pytest.mark.parametrize("one", verdict.load(), ids=lambda one: f"{one.kind}-{one.feature}-{one.steps[0]}")
def test_no_reason_is_about_a_feature_that_its_client_does_not_have(one):
    for client in one.clients:
        assert one.feature not in registry.CLIENTS[client].get("without", {})
        assert "missing" not in registry.CLIENTS[client]


def test_the_same_both_ways_is_good():
    assert verdict.judge({"a": GOOD}, {"a": GOOD}) == {}


@pytest.mark.parametrize("through", [{"a": BAD}, {"a": OTHER}, {}])
def test_what_goes_otherwise_through_the_gateway_is_a_difference(through):
    wrong = verdict.judge({"a": GOOD}, through)
    assert wrong["a"][0] == "difference"
    assert verdict.mistakes(CELL, wrong, [])
    assert verdict.mistakes(CELL, wrong, [entry("fault", "a")])
    assert not verdict.mistakes(CELL, wrong, [entry("difference", "a")])


def test_what_was_tried_through_the_gateway_alone_is_a_difference():
    assert verdict.judge({}, {"a": GOOD})["a"][0] == "difference"


def test_what_fails_both_ways_needs_a_reason_too():
    wrong = verdict.judge({"a": BAD}, {"a": BAD})
    assert verdict.mistakes(CELL, wrong, [])
    assert not verdict.mistakes(CELL, wrong, [entry("fault", "a")])


def test_an_entry_for_one_server_excuses_nothing_on_the_other():
    wrong = verdict.judge({"a": BAD}, {"a": BAD})
    assert verdict.mistakes(CELL, wrong, [entry("fault", "a", server="mariadb")])


def test_an_entry_whose_step_goes_right_is_a_mistake():
    assert verdict.mistakes(CELL, {}, [entry("difference", "a")])
    wrong = verdict.judge({"a": BAD, "b": GOOD}, {"a": BAD, "b": GOOD})
    assert verdict.mistakes(CELL, wrong, [entry("fault", "a", "b")])


@pytest.mark.parametrize(
    "text",
    [
        "[[fault]]\nfeature = 'connect'\nsteps = ['a']",
        "[[fault]]\nfeature = 'connect'\nsteps = []\nreason = 'why'",
        "[[fault]]\nfeature = 'connect'\nsteps = ['a']\nreason = ' '",
        "[[fault]]\nfeature = 'flying'\nsteps = ['a']\nreason = 'why'",
        "[[fault]]\nfeature = 'connect'\nsteps = ['a']\nreason = 'why'\nclients = ['telnet']",
        "[[fault]]\nfeature = 'connect'\nsteps = ['a']\nreason = 'why'\nserver = 'oracle'",
        "[[fault]]\nfeature = 'connect'\nsteps = ['a']\nreason = 'why'\nstep = 'b'",
        "[[excuse]]\nfeature = 'connect'\nsteps = ['a']\nreason = 'why'",
    ],
)
def test_an_entry_without_what_it_needs_is_refused(text, tmp_path):
    path = tmp_path / "reasons.toml"
    path.write_text(text)
    with pytest.raises(SystemExit):
        verdict.load(path)
