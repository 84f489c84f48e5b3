"""A control plane that is away for a while: what is asked again, and for how long."""

from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.errors import PermissionDeniedError, UnreachableError
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.state import RunEnd
from tests.engine.toys import ACTIONS, bench, runbook, step


@pytest.fixture
def b():
    return bench()


def away(b, seconds, *, error=None):
    """Actions whose reads fail for so many seconds from now on."""
    over = b.clock.seconds() + seconds
    down = error or UnreachableError("the API server does not answer", provider="k8s")

    def failing(read):
        def asked(*given):
            if b.clock.seconds() < over:
                raise down
            return read(*given)

        return asked

    lamps = ACTIONS["toy.lamp"]
    failing_lamps = dataclasses.replace(
        lamps, select=failing(lamps.select), observe=failing(lamps.observe)
    )
    return dataclasses.replace(b.deps, actions={**ACTIONS, "toy.lamp": failing_lamps})


@pytest.mark.parametrize("late", [False, True])
def test_half_a_minute_of_silence_is_waited_out(b, late):
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp", late=late, bound=9))))
    before = b.clock.seconds()
    assert leg(run, away(b, 30.0)) == Done(RunEnd.DONE)
    assert b.clock.seconds() - before >= 30.0


def test_what_stays_silent_fails_the_step_which_a_person_retries(b):
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    before = b.clock.seconds()
    end = leg(run, away(b, 600.0))
    assert isinstance(end, Parked)
    assert "cannot be read: the API server does not answer" in end.detail
    assert 60.0 <= b.clock.seconds() - before < 90.0


def test_silence_is_counted_anew_once_something_was_answered(b):
    """Forty seconds before it selects, and forty more before it looks."""
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp", late=True, bound=9))))
    lamps = ACTIONS["toy.lamp"]
    first = away(b, 40.0).actions["toy.lamp"].select
    until = []

    def observe(world, params, ids):
        if b.state().work("lamps").selected:
            until.append(b.clock.seconds() + 40.0)
            if b.clock.seconds() < until[0]:
                raise UnreachableError("the API server does not answer again")
        return lamps.observe(world, params, ids)

    twice = dataclasses.replace(lamps, select=first, observe=observe)
    deps = dataclasses.replace(b.deps, actions={**ACTIONS, "toy.lamp": twice})
    assert leg(run, deps) == Done(RunEnd.DONE)


def test_what_is_denied_is_not_asked_again(b):
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    before = b.clock.seconds()
    end = leg(run, away(b, 600.0, error=PermissionDeniedError("not allowed")))
    assert isinstance(end, Parked)
    assert b.clock.seconds() - before < 1.0


def test_a_signal_ends_the_waiting(b):
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    asked = []

    def stopping():
        asked.append(None)
        return len(asked) > 5

    end = leg(run, dataclasses.replace(away(b, 600.0), stopping=stopping))
    assert isinstance(end, Parked)
    assert end.why == "signal"
    assert not b.state().work("lamps").ended
