"""kill -9 of the real process at random points of a run and of its roll back."""

from __future__ import annotations

import os
import random
import time
from collections import Counter

import pytest

from tests.end_to_end.driver import ZONE, differences, finish, heads, unannounced

KILLS = int(os.environ.get("SOPCTL_KILLS", "4"))
RECORDS = {"run": 75, "rollback": 60}  # about as many as an undisturbed one writes


def killed(sopctl, *words, at):
    """Start a command and kill it once its journal has *at* records; True if it still ran."""
    known = {head.run for head in heads(sopctl.home)}
    with sopctl.popen(*words) as process:
        while process.poll() is None and not any(
            head.seq >= at for head in heads(sopctl.home) if head.run not in known
        ):
            time.sleep(0.005)
        running = process.poll() is None
        process.kill()
        process.communicate()
    return running


@pytest.fixture(scope="module")
def hits(record_testsuite_property):
    """How many kills met a process that was at work; a campaign without any proves nothing."""
    counted = Counter()
    yield counted
    for name, number in counted.items():  # shown by --junitxml, for who runs a campaign
        record_testsuite_property(name, number)
    assert counted["kills"] * 2 >= counted["commands"], counted


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_run_and_a_killed_roll_back_end_where_they_should(sopctl, outside, hits, number):
    chance = random.Random(number)
    sopctl.run("prepare")
    before = outside.dump()
    yes = ("--target", "sandbox", "--yes", "--reason", "kill")

    for command in (("run", "az-failure", "--zone", ZONE), ("rollback", "--latest", "az-failure")):
        hits["commands"] += 1
        hits["kills"] += killed(sopctl, *command, *yes, at=chance.randrange(RECORDS[command[0]]))
        finish(sopctl)
    if differences(before, outside.dump()):
        sopctl.roll_back("--latest", "az-failure")

    assert differences(before, outside.dump()) == []
    assert unannounced(sopctl, outside) == {}
    sopctl("audit", "verify")
