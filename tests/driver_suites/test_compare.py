"""The comparison finds each kind of mistake, and its list cannot rot."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

import compare  # noqa: E402
from suites import Outcome  # noqa: E402

PASSED = Outcome(True, "")
FAILED = Outcome(False, "failed in call: no")


def check(direct, through, *listed, server="mysql"):
    differences = [compare.Difference("s", "", list(listed), "why")] if listed else []
    return compare.compare("s", server, direct, through, differences)


def test_the_same_both_ways_is_good_also_where_both_fail():
    both = {"a": PASSED, "b": FAILED}
    assert check(both, both).mistakes == []


def test_what_passes_directly_alone_is_a_mistake_with_its_reason():
    (mistake,) = check({"a": PASSED}, {"a": FAILED}).mistakes
    assert "a" in mistake and "failed in call: no" in mistake


def test_what_was_not_run_through_the_gateway_is_a_mistake():
    (mistake,) = check({"a": PASSED}, {}).mistakes
    assert "was not run" in mistake


def test_what_passes_through_the_gateway_alone_is_a_mistake():
    (mistake,) = check({"a": FAILED, "b": PASSED}, {"a": PASSED, "b": PASSED}).mistakes
    assert mistake == "passes through the gateway, not directly: a"


def test_what_is_listed_may_differ():
    verdict = check({"f::a[1]": PASSED, "b": PASSED}, {"f::a[1]": FAILED, "b": PASSED}, "*::a[*")
    assert verdict == compare.Verdict(2, 1, 1, [])


def test_an_entry_that_nothing_fits_is_a_mistake():
    assert check({"a": PASSED}, {"a": PASSED}, "b").mistakes


def test_a_listed_test_that_passes_is_a_mistake_also_where_another_of_its_pattern_differs():
    direct = {"a1": PASSED, "a2": PASSED}
    (mistake,) = check(direct, {"a1": FAILED, "a2": PASSED}, "a*").mistakes
    assert mistake == "listed, but passes both ways: a2"


def test_an_entry_for_one_server_excuses_nothing_on_the_other():
    differences = [compare.Difference("s", "mariadb", ["a"], "why")]
    both = {"a": PASSED, "b": PASSED}, {"a": FAILED, "b": PASSED}
    assert compare.compare("s", "mysql", *both, differences).mistakes
    assert not compare.compare("s", "mariadb", *both, differences).mistakes


def test_a_pattern_stands_for_the_whole_name():
    assert check({"ab": PASSED, "c": PASSED}, {"ab": FAILED, "c": PASSED}, "a").mistakes


def test_a_run_in_which_nothing_passes_is_a_mistake():
    assert check({"a": FAILED}, {"a": FAILED}).mistakes == ["no test passes directly"]


@pytest.mark.parametrize(
    "entry",
    [
        'suite = "s"\ntests = ["a"]',
        'suite = "s"\ntests = []\nreason = "why"',
        'suite = "s"\ntests = ["a"]\nreason = " "',
        'suite = "s"\ntests = ["a"]\nreason = "why"\nserver = "oracle"',
        'suite = "s"\ntests = ["a"]\nreason = "why"\ntest = "b"',
        'tests = ["a"]\nreason = "why"',
    ],
)
def test_an_entry_without_a_test_or_a_reason_is_refused(entry, tmp_path):
    path = tmp_path / "differences.toml"
    path.write_text(f"[[difference]]\n{entry}\n")
    with pytest.raises(SystemExit):
        compare.load(path)


def test_the_list_itself_can_be_read():
    assert compare.load()
