"""Pause the process at every point while another takes over and finishes or undoes; then wake it.

Each protection is shown to be needed: with it switched off, the same loop finds violations.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.engine.leg import Done, Fenced
from sopctl.engine.state import RunEnd
from tests.engine.loops import Points, count_points, die, paused, trial, without
from tests.engine.toys import ACTIONS

TOTAL = count_points()


def zombie(place, *, undo, fence_wait=None, **more):
    """Pause at *place*; another takes over (and undoes); wake the first; what is wrong then."""
    t = trial(**({"fence_wait": fence_wait} if fence_wait is not None else {}))
    ends = []

    def other():
        if undo:
            lease = t.b.store.takeover("r1", "person", 1.0)
            t.b.store.release(lease)
            t.turn_back()
        ends.append(t.finish(takeover=True, **more))

    first = t.once(Points(at={place: paused(t, other)}), **more)
    if not ends:
        t.finish(**more)
    found = t.problems()
    if ends and ends[0] == Done(RunEnd.UNDONE) and t.b.snapshot() != t.before:
        found.append("an effect landed after the undo")
    if t.b.state().end is None:
        found.append("not ended")
    return first, found


@pytest.mark.parametrize("undo", [False, True], ids=["finish", "undo"])
@pytest.mark.parametrize("place", range(TOTAL))
def test_a_zombie_does_no_harm(place, undo):
    first, found = zombie(place, undo=undo)

    assert found == []
    assert first is None or isinstance(first, Fenced | Done)


def violations(**more):
    return [
        (place, undo)
        for place in range(TOTAL)
        for undo in (False, True)
        if zombie(place, undo=undo, **more)[1]
    ]


def test_without_the_fence_a_call_on_its_way_lands_after_the_undo():
    assert violations(**without("fence"))


def test_without_the_guard_a_process_that_wakes_up_writes_after_the_undo():
    assert violations(**without("guard"))


def test_without_looking_before_the_append_a_process_that_wakes_up_overwrites_its_successor():
    assert violations(**without("observe_first"))


def test_without_the_wait_an_unversioned_call_lands_after_the_undo():
    assert violations(fence_wait=0.0)


def test_without_the_comparison_an_unexpected_value_is_overwritten():
    t = trial()
    t.b.world.meddle("lamp", "l1", "purple")
    t.finish(**without("compare"))

    assert t.b.world.trampled == ["l1"]


def meddling(place, name, **more):
    t = trial()

    def somebody():
        t.b.world.meddle("lamp", name, "purple")

    t.once(Points(at={place: paused(t, somebody)}), **more)
    t.turn_back()
    t.finish(**more)
    return t


@pytest.mark.parametrize("name", ["l0", "l3"])
@pytest.mark.parametrize("place", range(TOTAL))
def test_a_foreign_writer_at_any_point_is_never_trampled(place, name):
    t = meddling(place, name)

    assert t.problems() == []


def undone_at_once(lag, **more):
    """It dies right after its writes are answered; at once a person takes over and turns back."""
    t = trial(**more)
    t.b.world.lag = lag
    points = Points()
    names = trial_names()
    points.at[names.index("after append result")] = die
    assert t.once(points) is None
    t.b.store.release(t.b.store.takeover("r1", "person", 1.0))
    t.turn_back()
    t.finish()
    return t


def trial_names():
    t, points = trial(), Points()
    t.once(points)
    return points.names


def test_what_was_written_a_moment_ago_is_taken_back_although_reads_are_late():
    t = undone_at_once(1.5)
    assert t.b.snapshot() == t.before
    assert t.problems() == []


def test_without_the_time_that_reads_need_to_settle_it_would_stay():
    hasty = {name: replace(each, settle=0.0) for name, each in ACTIONS.items()}
    t = undone_at_once(1.5, actions=hasty)
    assert t.b.snapshot() != t.before
