"""When a resource is looked at again: not before what may have been done to it can be seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sopctl.core.action import ReceiptKind
from sopctl.core.resource import ResourceId
from sopctl.engine.due import next_window
from sopctl.engine.leg import Done, leg
from sopctl.engine.moves import Fence, Wait, Window
from sopctl.engine.state import Item, Phase, RunEnd, Work
from tests.engine.toys import FUSES, LAMPS, bench, runbook, step

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
SLOW = replace(FUSES, settle=10.0, batch=2, concurrency=1)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def item(name, phase=Phase.TODO, **more):
    return Item(ResourceId("fuse", name, "u1"), {"lit": False}, {"lit": True}, phase=phase, **more)


def work(*items, back=False):
    plan = bench().plan(runbook(step("fuses", "toy.fuse"))).steps[0]
    return Work(
        key="fuses", plan=replace(plan, back=back), items={each.resource: each for each in items}
    )


def move(*items, back=False, action=SLOW):
    return next_window(work(*items, back=back), action, NOW, 300.0)


def names(window):
    assert isinstance(window, Window)
    return [each.name for each in window.resources]


@pytest.mark.parametrize("phase", [Phase.UNKNOWN, Phase.SENT])
def test_of_a_write_without_an_answer_nothing_is_concluded_before_reads_have_settled(phase):
    fresh = item("a", phase, unacked={"op": at(-4)})
    assert move(fresh) == Wait(at(6), "fuses: what was written a moment ago may not be seen yet")
    assert move(replace(fresh, changed_at=at(-1))).until == at(9)
    assert names(move(replace(fresh, unacked={"op": at(-11)}))) == ["a"]


def test_what_has_an_answer_is_looked_at_at_once():
    assert names(move(item("a", Phase.APPLIED, changed_at=at(-1)))) == ["a"]
    assert names(move(item("a", Phase.FAILED), item("b", unacked={"op": at(-1)}))) == ["b"]


def test_what_is_to_be_asked_again_later_says_why_and_others_go_on():
    later = item("a", retry_at=at(5), why="the budget allows none")
    assert move(later) == Wait(at(5), "fuses: the budget allows none")
    assert names(move(later, item("b"))) == ["b"]
    assert names(move(replace(later, retry_at=at(0)))) == ["a"]


def test_the_first_of_those_that_wait_is_waited_for():
    assert move(item("a", retry_at=at(9)), item("b", retry_at=at(3))).until == at(3)


def test_no_more_is_looked_at_than_is_written_at_once_but_what_was_written_all_together():
    assert names(move(*(item(name) for name in "abcd"))) == ["a", "b"]
    written = [item(name, Phase.APPLIED, changed_at=at(-1)) for name in "abcd"]
    assert names(move(*written)) == ["a", "b", "c", "d"]


def test_on_the_way_back_an_unanswered_call_is_shut_out_first():
    loose = item("a", unacked={"one": at(-40), "two": at(-10)})
    assert move(loose, back=True) == Wait(
        at(290), "fuses: an unanswered call may still land; waiting it out"
    )
    touched = move(loose, back=True, action=replace(SLOW, touch=LAMPS.touch))
    assert touched == Fence("fuses", (loose.resource,), NOW)
    over = item("a", unacked={"op": at(-301)})
    assert move(over, back=True) == Fence("fuses", (over.resource,), at(-1))
    for done in (replace(loose, fenced=True), replace(loose, attempts=1)):
        assert names(move(done, back=True)) == ["a"]


def test_what_an_unseen_write_landed_at_is_waited_for_on_the_way_back():
    assert move(item("a", landed=at(-3), fenced=True), back=True).until == at(7)


def test_a_lost_reply_is_not_taken_for_a_lost_write_while_reads_are_late():
    """Looked at at once it would seem undone, and be done a second time."""
    b = bench()
    b.world.lag = 5.0
    b.world.answers["f0"] = [ReceiptKind.UNKNOWN]
    b.deps = replace(b.deps, actions={**b.deps.actions, "toy.fuse": SLOW})
    run = b.open(b.plan(runbook(step("fuses", "toy.fuse", params={"names": ["f0"]}))))
    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert b.world.mutations == 1
