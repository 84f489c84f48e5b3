"""The short setting of hostile input, every case that ever found something, and its teeth."""

from __future__ import annotations

import json
from itertools import count, islice
from pathlib import Path

import pytest

from campaigns import doors, fuzz, replies
from sopctl.core.errors import UsageError

FOUND = json.loads((Path(fuzz.__file__).parent / "corpus" / "fuzz.json").read_text())


@pytest.mark.parametrize("case", [*islice(fuzz.cases(5), len(fuzz.CELLS))], ids=str)
def test_nothing_but_our_own_errors_comes_out(case):
    assert fuzz.play(tuple(case)).wrong == ""


@pytest.mark.parametrize("case", FOUND, ids=str)
def test_what_was_found_once_stays_mended(case):
    assert fuzz.play(tuple(case)).wrong == ""


def test_each_door_and_kind_of_mutation_comes_in_turn():
    once = islice(fuzz.cases(1), len(fuzz.CELLS))
    assert {f"{door}: {kind}" for door, kind, _ in once} == fuzz.CELLS


def test_a_case_is_the_same_each_time():
    case = next(fuzz.cases(9))
    first, second = (fuzz.DOORS[case[0]].made(case[1], fuzz.random.Random(7)) for _ in range(2))
    assert first == second


def test_without_a_mutation_everything_that_is_recorded_can_be_read():
    answers = {**replies.recorded()["k8s"], **replies.recorded()["aws"]}
    table = replies.Table(answers)
    facts = replies.Snapshot(
        replies.Aws(replies.Target(name="t", region="us-east-1"), sdk=table),
        replies.K8s(replies.Target(name="t"), sdk=table),
        cluster="sandbox",
    )
    read = {name: facts.read(name) for name in replies.SHAPES}
    assert read["groups"]
    assert read["autoscaler"]["name"] == "cluster-autoscaler"
    assert facts.pods()
    assert facts.balancers()


@pytest.fixture
def behind(monkeypatch):
    """What a case comes to if this stands behind its door."""

    def played(take):
        door = doors.Door(name="d", kinds=("k",), made=lambda kind, dice: "x", take=take)
        monkeypatch.setitem(fuzz.DOORS, "d", door)
        return fuzz.play(("d", "k", 1)).wrong

    return played


def test_a_traceback_is_found(behind):
    assert "KeyError: \"'x'\"" in behind(lambda given: {}[given])


def test_an_error_without_words_is_found(behind):
    def mute(_given):
        raise UsageError(" ")

    assert "without words" in behind(mute)


def test_what_never_ends_is_found(behind, monkeypatch):
    def turn(_given):
        for _ in count():
            pass

    monkeypatch.setattr(fuzz, "SECONDS", 0.1)
    assert "took more than" in behind(turn)


def test_what_takes_too_much_memory_is_found(behind):
    assert "MB" in behind(lambda _given: len(bytearray(300 * 2**20)))


def test_our_own_error_is_fine(behind):
    def refuse(_given):
        raise UsageError("no")

    assert behind(refuse) == ""
