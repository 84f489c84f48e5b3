from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sopctl.sandbox.world.clock import WorldClock

START = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)


class Hand:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_world_time_runs_by_its_rate():
    hand = Hand()
    clock = WorldClock(START, rate=30, monotonic=hand)

    hand.seconds += 2

    assert clock.now() == START + timedelta(minutes=1)


def test_a_pushed_clock_keeps_its_rate():
    hand = Hand()
    clock = WorldClock(START, rate=10, monotonic=hand)

    clock.advance(5)
    hand.seconds += 1

    assert clock.now() == START + timedelta(seconds=15)


def test_sleeping_on_a_stopped_clock_jumps():
    clock = WorldClock(START, rate=0)

    clock.sleep(90)

    assert clock.now() == START + timedelta(seconds=90)


def test_sleeping_takes_the_real_time_that_the_rate_says():
    clock = WorldClock(START, rate=3000)

    clock.sleep(60)

    assert clock.now() >= START + timedelta(seconds=60)


@pytest.mark.parametrize("seconds", [0, -5])
def test_sleeping_for_nothing_returns_at_once(seconds):
    clock = WorldClock(START, rate=0)

    clock.sleep(seconds)

    assert clock.now() == START


def test_a_clock_needs_a_zone_and_runs_forwards():
    with pytest.raises(ValueError, match="needs a time zone"):
        WorldClock(datetime(2026, 1, 1))  # noqa: DTZ001  # the mistake under test
    with pytest.raises(ValueError, match="cannot run backwards: rate -1"):
        WorldClock(START, rate=-1)
    with pytest.raises(ValueError, match="cannot run backwards: -2 seconds"):
        WorldClock(START).advance(-2)
