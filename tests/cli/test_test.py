"""``sopctl test`` by its command line."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from tests.cli.test_target import Machine

FAILING = """\
apiVersion: sopctl/v1
kind: RunbookTest
runbook: az-failure
tests:
  - name: wrong
    run: {parameters: {zone: us-east-1z}}
    expect: {exit: 0}
  - name: never-reached
    run: {parameters: {zone: us-east-1z}}
    expect: {exit: 0}
"""


class Here:
    """A machine with nothing but directories."""

    def __init__(self, folder):
        from sopctl.app.settings import Settings  # noqa: PLC0415  # beside its use

        self.settings = Settings(config=folder / "config", state=folder / "state")

    __call__ = Machine.__call__


@pytest.fixture
def here(tmp_path):
    return Here(tmp_path)


def test_a_test_that_passes_is_zero_and_one_that_fails_is_not(here, tmp_path):
    short = ("--faults", "none", "-o", "json")
    junit = tmp_path / "junit.xml"
    passed = here("test", "az-failure", "-t", "wrong-zone", *short, "--junit", str(junit))
    assert passed.code == 0, passed.err
    assert json.loads(passed.out)["test"] == "wrong-zone"
    assert ET.fromstring(junit.read_text()).find("testsuite").attrib["failures"] == "0"

    file = tmp_path / "az-failure.test.yaml"
    file.write_text(FAILING)
    failed = here("test", str(file), "-x", *short)
    assert failed.code == 21
    found = [json.loads(row) for row in failed.out.splitlines()]
    assert [(each["test"], each["ok"]) for each in found] == [("wrong", False)]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("az-failur",), 2, "az-failure"),
        (("az-failure", "-t", "nothing-like-it"), 2, "there is no test nothing-like-it"),
        (("az-failure", "--faults", "some"), 2, "not all, none or a number"),
        (("--record", "01NOTHERE"), 2, "there is no run"),
    ],
)
def test_what_is_not_there_is_named(here, words, code, says):
    answer = here("test", *words)
    assert answer.code == code
    assert says in answer.err


def test_a_file_with_problems_lists_all_of_them(here, tmp_path):
    file = tmp_path / "az-failure.test.yaml"
    file.write_text(FAILING.replace("expect", "expekt").replace("name: wrong", "nam: wrong"))
    answer = here("test", str(file))
    assert answer.code == 3
    assert answer.err.count("expekt") == 2
    assert "name is missing" in answer.err
