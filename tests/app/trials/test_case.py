"""A test of a runbook plays, and can fail in each of its parts."""

from __future__ import annotations

import pytest

from sopctl.actions.k8s import hpa_scale_down
from sopctl.core.errors import UsageError

GOOD = {
    "outcome": "done",
    "plan": {"changes": 3, "steps": {"groups": {"resources": ["spot-a"]}}, "warnings": []},
    "steps": {"pods": "applied", "groups": "applied"},
    "state": [{"groups": "spot-a", "path": "max", "equals": 1}],
}


def parts(case):
    return {part.name: part for part in case.play(case.begin())}


def failed(found):
    return {name for name, part in found.items() if not part.ok}


def test_a_test_that_expects_what_comes_passes(case_of):
    found = parts(case_of(expect=GOOD))
    assert failed(found) == set()
    assert not any(part.skipped for part in found.values())
    assert list(found) == ["dry-run", "run", "plan", "state", "idempotence", "rollback"]


def test_a_test_that_expects_something_else_fails_wherever_it_does(case_of):
    wrong = {
        "exit": 4,
        "plan": {"changes": 99},
        "state": [{"groups": "spot-a", "path": "max", "equals": 4}],
        "rollback": {"exit": 4},
    }
    unproved = {"idempotence": "not here", "dry_run": "nor this"}
    found = parts(case_of(expect=wrong, unproved=unproved))
    assert failed(found) == {"run", "plan", "state", "rollback"}
    assert (found["idempotence"].skipped, found["dry-run"].skipped) == ("not here", "nor this")


def test_what_is_given_is_there_and_what_is_not_is_not(case_of):
    case = case_of(
        given={
            "groups": [{"name": "extra", "zones": ["a"], "spot": True, "max": 7}],
            "without": ["group/spot-a", "horizontalpodautoscalers/shop/web"],
            "objects": [
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "mine", "namespace": "elsewhere"},
                    "data": {"a": "b"},
                }
            ],
        }
    )
    dump = case.begin().dump
    assert "spot-a" not in dump["aws"]
    assert dump["aws"]["extra"]["max"] == 7
    assert dump["kubernetes"]["configmaps"]["elsewhere/mine"]["data"] == {"a": "b"}
    assert set(dump["kubernetes"]["horizontalpodautoscalers"]) == {"shop/cart"}


@pytest.mark.parametrize(
    "given",
    [
        {"without": ["group/none"]},
        {"without": ["deployments/shop/none"]},
        {"objects": [{"apiVersion": "v1", "kind": "Nonsense", "metadata": {"name": "x"}}]},
        {"objects": [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "X Y"}}]},
        {"runs": [{"runbook": "az-failure", "parameters": {"zone": "us-east-9z"}}]},
    ],
)
def test_what_cannot_be_given_is_named(case_of, given):
    with pytest.raises(UsageError):
        case_of(given=given).begin()


def test_a_refusal_can_be_what_is_expected(case_of):
    found = parts(
        case_of(
            run={"parameters": {"zone": "us-east-1z"}},
            expect={"exit": 4, "says": ["us-east-1a"], "outcome": "no run"},
        )
    )
    assert failed(found) == set()
    assert found["rollback"].skipped == "nothing was run"


def test_a_dead_half_is_a_fault_that_ends_with_the_run(case_of):
    found = parts(
        case_of(
            given={"faults": {"aws": [{"kind": "dead"}]}},
            run={"parameters": {"zone": "us-east-1a"}},
            expect={
                "exit": 23,
                "outcome": "parked",
                "steps": {"pods": "applied", "groups": "pending-retry"},
            },
        )
    )
    assert failed(found) == set(), [part.differences for part in found.values()]


def test_a_gate_is_answered_as_the_test_says(case_of):
    case = case_of(
        "az-failure",
        given={"runs": [{"runbook": "prepare"}]},
        run={"parameters": {"zone": "us-east-1a", "evacuate": True}, "answers": {"go": "no"}},
        expect={"exit": 23, "outcome": "parked", "steps": {"go": "declined"}},
        unproved={"dry_run": "not here", "rollback": "nor this"},
    )
    found = parts(case)
    assert found["run"].ok, found["run"].differences


def test_a_dry_run_that_writes_is_found(case_of):
    """An action whose select writes: the dump differs."""
    case = case_of(unproved={"idempotence": "not here", "rollback": "nor this"})
    start = case.begin()
    select = hpa_scale_down.ACTION.select

    def writes(clients, params):
        case.stage.household.cloud.set_tag("od-a", "dirty", "yes", False)
        return select(clients, params)

    object.__setattr__(hpa_scale_down.ACTION, "select", writes)
    try:
        found = next(case.play(start))
    finally:
        object.__setattr__(hpa_scale_down.ACTION, "select", select)
    assert [each.what for each in found.differences] == ["group/od-a tags.dirty"]


def test_a_way_back_that_leaves_something_behind_is_found(case_of, monkeypatch):
    case = case_of(unproved={"idempotence": "not here", "dry_run": "nor this"})
    start = case.begin()

    def meddles(after):
        del after
        case.stage.household.cloud.set_tag("od-a", "left", "behind", False)

    monkeypatch.setattr(case, "heal", meddles)
    found = {part.name: part for part in case.play(start)}
    assert [each.what for each in found["rollback"].differences] == ["group/od-a tags.left"]
