from __future__ import annotations

import pytest

from sopctl.sandbox.process import household
from sopctl.sandbox.process.household import Household


class Faulty:
    """A world that fails twice and then ends."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self, after_each: object) -> None:
        self.runs += 1
        if self.runs < 3:
            raise RuntimeError(f"bug {self.runs}")


class Clock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def test_a_bug_in_the_world_is_counted_and_logged_and_the_world_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bare = Household.__new__(Household)
    bare.errors, bare.clock = 0, Clock()
    world = Faulty()
    bare._run(world, None)
    assert (world.runs, bare.errors) == (3, 2)
    assert bare.clock.slept == [household.PAUSE_AFTER_ERROR] * 2
    assert "bug 1" in capsys.readouterr().err
