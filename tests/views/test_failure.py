"""What stopped a run, and what can be done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.engine.state import Outcome, Phase
from sopctl.views import failure
from sopctl.views.lines import plain
from tests.views.golden import assert_golden
from tests.views.scenes import state


def test_every_bad_resource_stands_with_its_values():
    found = state(9)

    shown = failure.lines(found, "decision", "1 of 2 failed", found.work("cordon"))

    assert_golden("failure.txt", plain([*shown, *failure.how_to_go_on(found)]))


def test_what_failed_for_one_reason_stands_in_one_place():
    found = state(9)
    work = found.work("cordon")
    one = next(iter(work.items.values()))
    work.items = {
        (name := replace(one.resource, name=f"node-{n}")): replace(
            one, resource=name, phase=Phase.FAILED, why="cannot be read: gone fishing"
        )
        for n in range(40)
    }

    shown = [each.text for each in failure.lines(found, "decision", "40 failed", work)]

    assert shown[1].strip().startswith("failed: ")
    assert shown[1].count("node-") == 3
    assert shown[1].endswith(" and 37 more")
    assert shown[2].endswith("cannot be read: gone fishing")
    assert len(shown) == 4


def test_what_failed_for_different_reasons_stands_apart():
    found = state(9)
    work = found.work("cordon")
    one = next(iter(work.items.values()))
    work.items = {
        (name := replace(one.resource, name=f"node-{n}")): replace(
            one, resource=name, phase=Phase.FAILED, why=f"reason {n % 2}"
        )
        for n in range(4)
    }

    shown = "\n".join(each.text for each in failure.lines(found, "decision", "4 failed", work))

    assert shown.count("failed: ") == 2
    assert shown.index("node-2") < shown.index("reason 0") < shown.index("node-1")
    assert shown.index("node-3") < shown.index("reason 1")


@pytest.mark.parametrize(
    ("outcome", "why", "keys"),
    [
        (
            Outcome.FAILED,
            "decision",
            ["retry", "skip", "by-hand", "undo-step", "undo-all", "pause"],
        ),
        (Outcome.PENDING_RETRY, "decision", ["retry", "skip", "undo-all", "pause"]),
        (Outcome.APPLIED, "effect", ["retry", "skip", "undo-step", "undo-all", "pause"]),
    ],
)
def test_the_menu_offers_what_makes_sense(outcome, why, keys):
    work = state().work("cordon")
    work.outcome = outcome

    assert [choice.key for choice in failure.choices(state(), why, work)] == keys


def test_a_conflict_on_the_way_back_has_a_menu_of_its_own():
    work = state().work("cordon")
    work.plan = work.plan.__class__(
        **{**{n: getattr(work.plan, n) for n in work.plan.__dataclass_fields__}, "back": True}
    )
    work.outcome = Outcome.CONFLICT

    keys = [choice.key for choice in failure.choices(state(), "decision", work)]
    assert keys == ["keep", "restore", "skip", "pause"]


@pytest.mark.parametrize(
    ("phase", "why", "command"),
    [
        (Phase.FAILED, "gate", "sopctl approve {run} --answer yes (or no)"),
        (Phase.FAILED, "effect", "sopctl resume {run} --retry cordon (or --skip cordon)"),
        (Phase.CONFLICT, "decision", "sopctl resume {run} --on-conflict keep"),
        (Phase.FAILED, "signal", "sopctl resume {run},"),
    ],
)
def test_the_command_that_goes_on_has_the_answer_that_is_needed(phase, why, command):
    found = state(9)
    for item in found.work("cordon").items.values():
        item.phase = phase
    parked = replace(found, parked={"why": why, "work": "cordon"})
    said = plain(failure.how_to_go_on(parked))
    assert f"Go on with {command.format(run=found.run)}" in said
