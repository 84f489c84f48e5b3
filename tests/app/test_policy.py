"""The organisation's policy is a ceiling."""

from __future__ import annotations

import pytest

from sopctl.app import policy
from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.core.runbook import DEFAULT_GUARDRAIL, Guardrail

WIDE = Guardrail(count=100, percent=50)


def written(folder, text):
    path = folder / "policy.yaml"
    path.write_text(text)
    return path


def test_without_a_file_there_is_none(tmp_path):
    assert policy.load(tmp_path / "policy.yaml") == {}


def test_limits_are_read_by_kind(tmp_path):
    path = written(tmp_path, "max_objects: {aws.asg: {count: 100, percent: 50}}\n")

    assert policy.load(path) == {"aws.asg": WIDE}


def test_programs_are_allowed_by_absolute_path_and_none_by_default(tmp_path):
    path = written(tmp_path, "commands: [/usr/local/bin/flip-dns]\n")

    assert policy.commands(path) == ("/usr/local/bin/flip-dns",)
    assert policy.load(path) == {}
    assert policy.commands(tmp_path / "nothing.yaml") == ()
    with pytest.raises(UsageError, match="no absolute path"):
        policy.commands(written(tmp_path, "commands: [flip-dns]\n"))


def test_people_are_named_and_told_of_what_the_policy_says(tmp_path):
    text = "notify: {people: {oncall: env:A, team: [file:/b, json://c]}, tell: {gate: oncall}}\n"
    found = policy.announcing(written(tmp_path, text))

    assert found.people == {"oncall": ("env:A",), "team": ("file:/b", "json://c")}
    assert found.tell == {"gate": ("oncall",)}
    assert policy.announcing(tmp_path / "nothing.yaml") == policy.Announcing()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{person: {}}", "something else than people and tell"),
        ("{people: [slack://secret]}", "no mapping"),
        ("{people: {oncall: {url: slack://secret}}}", "something else than text for oncall"),
        ("{people: {oncall: env:A}, tell: {gates: [oncall]}}", "tells of gates"),
        ("{people: {oncall: env:A}, tell: {gate: [boss]}}", "tells boss of gate"),
    ],
)
def test_a_mistake_is_named_without_an_address(tmp_path, text, said):
    with pytest.raises(UsageError) as caught:
        policy.announcing(written(tmp_path, f"notify: {text}\n"))
    assert said in caught.value.summary
    assert "secret" not in caught.value.summary


@pytest.mark.parametrize(
    "text",
    [
        "max_object: {}\n",
        "max_objects: {aws.asg: 3}\n",
        "max_objects: 3\n",
        "max_objects: [aws.asg]\n",
        "max_objects:\n",
        "max_objects: {aws.asg: {count: many, percent: 5}}\n",
        "[]\n",
    ],
)
def test_a_wrong_file_stops_everything(tmp_path, text):
    with pytest.raises(UsageError):
        policy.load(written(tmp_path, text))


def test_broken_yaml_is_reported_with_its_place(tmp_path):
    with pytest.raises(InvalidRunbookError):
        policy.load(written(tmp_path, "max_objects: {a: *x}\n"))


def test_the_option_only_lowers():
    needs = {"lamp": WIDE}

    assert policy.lowered({}, needs, ["lamp"], 5)["lamp"].count == 5
    assert policy.lowered({}, needs, ["lamp"], 500)["lamp"].count == 100
    assert policy.lowered({}, {}, ["lamp"], 500)["lamp"] == DEFAULT_GUARDRAIL
    assert policy.lowered({"lamp": Guardrail(count=3, percent=9)}, needs, ["lamp"], 50)["lamp"] == (
        Guardrail(count=3, percent=9)
    )


def test_without_the_option_the_policy_stands():
    assert policy.lowered({"lamp": WIDE}, {}, ["lamp"], 0) == {"lamp": WIDE}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}\n"])
def test_a_file_with_nothing_in_it_says_nothing(tmp_path, text):
    assert policy.load(written(tmp_path, text)) == {}
