"""Kill the process at every point, and at every pair: the next one ends the run rightly."""

from __future__ import annotations

import itertools
import os

import pytest

from sopctl.engine.leg import Done
from sopctl.engine.state import RunEnd
from tests.engine.loops import Points, count_points, die, expire, trial, undisturbed

EVERY = int(os.environ.get("SOPCTL_CRASH_STRIDE", "7"))  # 1: every pair (the long campaign)
TOTAL = count_points()
ROUGH = count_points(rough=True)


def crash_and_resume(*places, rough=False):
    t = trial(rough=rough)
    for place in places:
        if t.once(Points(at={place: die})) is not None:
            break
        expire(t)
    return t, t.finish()


@pytest.mark.parametrize("place", range(TOTAL))
def test_a_crash_anywhere_is_resumed_to_the_planned_end(place):
    t, end = crash_and_resume(place)

    assert end == Done(RunEnd.DONE)
    assert undisturbed(t, RunEnd.DONE) == []


@pytest.mark.parametrize("place", range(ROUGH))
def test_a_crash_among_refusals_and_lost_replies_is_resumed_too(place):
    t, end = crash_and_resume(place, rough=True)

    assert end == Done(RunEnd.DONE)
    assert undisturbed(t, RunEnd.DONE) == []


@pytest.mark.parametrize("place", range(TOTAL))
def test_a_crash_anywhere_is_undone_to_the_beginning(place):
    t = trial()
    if t.once(Points(at={place: die})) is None:
        expire(t)
    t.turn_back()

    end = t.finish()

    if end == Done(RunEnd.UNDONE):
        assert t.b.snapshot() == t.before
    assert undisturbed(t, end.outcome) == []


def test_crashes_in_the_way_back_are_resumed_too():
    seen = 0
    for forward, back in itertools.product(range(0, TOTAL, 5), range(0, TOTAL, 3)):
        t = trial()
        if t.once(Points(at={forward: die})) is None:
            expire(t)
        t.turn_back()
        if t.once(Points(at={back: die})) is None:
            seen += 1
            expire(t)
        end = t.finish()
        if end == Done(RunEnd.UNDONE):
            assert t.b.snapshot() == t.before, (forward, back)
        assert undisturbed(t, end.outcome) == [], (forward, back)
    assert seen > TOTAL


@pytest.mark.parametrize("offset", range(EVERY))
def test_every_pair_of_crashes_is_resumed(offset):
    pairs = list(itertools.product(range(TOTAL), repeat=2))[offset :: EVERY * EVERY]
    for pair in pairs:
        t, end = crash_and_resume(*pair)
        assert end == Done(RunEnd.DONE), pair
        assert undisturbed(t, RunEnd.DONE) == [], pair


def test_there_are_points_around_everything_that_matters():
    names = " ".join(points_of_one_run())
    for what in (
        "before append intent",
        "after append intent",
        "before converge lamps",
        "wire lamp",
        "before append result",
        "before observe lamps",
        "before mark lamps",
        "before unlock",
    ):
        assert what in names


def points_of_one_run():
    t = trial()
    points = Points()
    t.once(points)
    return points.names
