"""kill -9 of the real process at random points of a run and of its roll back."""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.end_to_end.driver import ZONE, differences

KILLS = int(os.environ.get("SOPCTL_KILLS", "4"))
LONGEST = 6.0  # seconds: about as long as an undisturbed run takes here


def killed(sopctl, *words, after):
    """Start a command and kill it; True if it was still running."""
    with sopctl.popen(*words) as process:
        time.sleep(after)
        running = process.poll() is None
        process.kill()
        process.communicate()
    return running


def finish(sopctl, outside):
    """What a person would do after a crash: look at the status, and resume what is open."""
    for _ in range(6):
        rows = sopctl.json("status", "--target", "sandbox")
        if not any(row.get("state") == "interrupted" for row in rows):
            return
        sopctl("resume", "--target", "sandbox", "--yes", "--reason", "killed")
    raise AssertionError("still interrupted")


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_and_a_killed_roll_back_end_where_they_should(sopctl, outside, number):
    chance = random.Random(number)
    sopctl.run("prepare")
    before = outside.dump()
    yes = ("--target", "sandbox", "--yes", "--reason", "kill")

    killed(sopctl, "run", "az-failure", "--zone", ZONE, *yes, after=chance.uniform(0.5, LONGEST))
    finish(sopctl, outside)
    killed(sopctl, "rollback", "--latest", "az-failure", *yes, after=chance.uniform(0.5, LONGEST))
    finish(sopctl, outside)
    if differences(before, outside.dump()):
        sopctl.roll_back("--latest", "az-failure")

    assert differences(before, outside.dump()) == []
    sopctl("audit", "verify")
