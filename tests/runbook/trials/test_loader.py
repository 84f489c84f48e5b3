"""Files of runbook tests: every problem at once, each at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sopctl.core.errors import InvalidRunbookError
from sopctl.engine.state import Outcome
from sopctl.runbook import loader as runbooks
from sopctl.runbook.trials import loader, model

BOOK = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: lights, title: Light every lamp}
parameters:
  colour: {type: string, default: warm}
steps:
  - {id: light, uses: toy.lamp, why: It is dark.}
  - {id: go, gate: Are they lit?}
"""
GOOD = """\
apiVersion: sopctl/v1
kind: RunbookTest
runbook: lights
tests:
  - name: dark
    run: {parameters: {colour: cold}, answers: {go: "yes"}, consent: [light]}
    expect:
      steps: {light: applied}
      state:
        - {objects: nodes, path: spec.unschedulable, equals: true}
        - {groups: "od-*", count: 3}
"""


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "lights.test.yaml"
    path.write_text(text)
    with pytest.raises(InvalidRunbookError) as caught:
        loader.load(path, runbooks.load(BOOK))
    prefix = f"{path}:"
    return [f"{str(one).removeprefix(prefix)} | {one.hint}" for one in caught.value.problems]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lights.test.yaml"
    path.write_text(GOOD)
    found = loader.load(path, runbooks.load(BOOK))
    assert found.tests[0].run.answers == {"go": "yes"}
    assert loader.available([tmp_path]) == {"lights": path}
    assert runbooks.available([tmp_path]) == {}, "a file of tests is no runbook"


def test_every_problem_is_named_at_once_with_its_place_and_what_was_meant(tmp_path: Path) -> None:
    text = GOOD.replace("given", "").replace("name: dark", "name: Dark One")
    text = text.replace("steps: {light: applied}", "stepz: {}\n      exit: no")
    found = problems(tmp_path, text)
    assert found == [
        "5:11: name: 'Dark One' is not a name | Use lower-case letters, digits and dashes.",
        "8:7: there is no field stepz | Did you mean steps?",
        "9:13: exit is not a whole number | Write digits only, without quotes.",
    ]


def test_names_are_those_of_the_runbook(tmp_path: Path) -> None:
    text = GOOD.replace("colour: cold", "color: cold").replace("go:", "goo:")
    text = text.replace("[light]", "[go]").replace("{light: applied}", "{lihgt: applied}")
    found = problems(tmp_path, text)
    assert [one.partition(" | ")[0] for one in found] == [
        "6:24: lights has no parameter color",
        "6:48: lights has no step goo",
        "6:71: lights has no action go",
        "8:15: lights has no step lihgt",
    ]
    assert "Did you mean colour?" in found[0]


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ("{objects: nodes, groups: x, count: 1}", "it is about objects or about groups"),
        ("{count: 1}", "it is about objects or about groups"),
        ("{objects: nodes, path: a}", "it does not say what is expected"),
        ("{objects: nodes, path: a, equals: 1, absent: true}", "does not say what is expected"),
        ("{objects: nodes, equals: 1}", "path is missing"),
        ("{objects: nodes, path: 'a..b', equals: 1}", "is not a path"),
    ],
)
def test_an_assertion_says_exactly_one_thing(tmp_path: Path, state: str, problem: str) -> None:
    text = GOOD.replace("{objects: nodes, path: spec.unschedulable, equals: true}", state)
    assert any(problem in one for one in problems(tmp_path, text))


def test_two_tests_of_one_name_are_one_too_many(tmp_path: Path) -> None:
    assert "there are two tests dark" in problems(tmp_path, GOOD + "  - name: dark\n")[0]


def test_the_words_for_outcomes_are_those_of_the_engine() -> None:
    assert set(model.OutcomeName.__args__) == {str(each) for each in Outcome}
