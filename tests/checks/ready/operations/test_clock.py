from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sopctl.checks.ready.operations.clock import CHECK, Params


class Wrong:
    """A clock that is *seconds* ahead of another one."""

    def __init__(self, right, seconds):
        self._right, self._ahead = right, timedelta(seconds=seconds)

    def now(self):
        return self._right.now() + self._ahead

    def sleep(self, seconds):
        self._right.sleep(seconds)


def _apart(stage, seconds):
    stage.local.connect(clock=Wrong(stage.local.watch, seconds))
    return CHECK.look(stage.local.world, Params())


def test_a_clock_that_is_right_holds_and_one_that_is_not_does_not(stage):
    assert _apart(stage, 0).holds
    assert _apart(stage, 5).holds
    late = _apart(stage, 60)
    assert not late.holds
    assert "apart" in late.detail
    assert not _apart(stage, -60).holds


def test_a_slow_answer_tells_nothing(stage):
    world = stage.local.world
    slow = replace(world, aws=Slow(world.aws, stage.local.watch))
    assert not CHECK.look(slow, Params()).applies


class Slow:
    """AWS that takes ten seconds for an answer."""

    def __init__(self, aws, watch):
        self.clock, self._aws, self._watch = watch, aws, watch

    def once(self, *args):
        self._watch.sleep(10)
        return self._aws.once(*args)
