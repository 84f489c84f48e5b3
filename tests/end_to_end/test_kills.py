"""kill -9 of the real process at random points of a run and of its roll back."""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter

import pytest

from sopctl.journal.sqlite import SqliteStore
from tests.end_to_end.driver import ZONE, differences

KILLS = int(os.environ.get("SOPCTL_KILLS", "4"))
RECORDS = {"run": 75, "rollback": 60}  # about as many as an undisturbed one writes
OBJECT = re.compile(r"/(?P<name>[^/]+?)(?:/(?:eviction|status))?$")


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


def heads(home):
    """The runs in the journal and how long each is."""
    path = home / "state" / "journal.db"
    if not path.exists():
        return ()
    with SqliteStore(path, read_only=True) as store:
        return store.runs()


def finish(sopctl):
    """What a person would do after a crash: look at the status, and resume what is open."""
    for _ in range(6):
        rows = sopctl.json("status", "--target", "sandbox")
        if not any(row.get("state") == "interrupted" for row in rows):
            return
        sopctl("resume", "--target", "sandbox", "--yes", "--reason", "killed")
    raise AssertionError("still interrupted")


def announced(home):
    """How often the journals say that each object is about to be written, by its last name."""
    with SqliteStore(home / "state" / "journal.db", read_only=True) as store:
        records = [record for head in store.runs() for record in store.read(head.run)]
    legs = sum(record.kind == "leg" for record in records)
    found = Counter()
    for record in records:
        rows = {
            "intent": [row["resource"] for row in record.data.get("items", ())],
            "fence": record.data.get("resources", ()),
            # Bookkeeping: a leg that was killed at it leaves it to the next one to do again.
            "marking": legs * [mark["resource"] for mark in record.data.get("marks", ())],
        }
        found.update(row["name"].rpartition("/")[2] for row in rows.get(record.kind, ()))
    return found


def unannounced(sopctl, outside):
    """Objects that were written more often than announced: doubled, or without an intent."""
    calls = [c for c in outside.mutations() if "path" in c and "/leases" not in c["path"]]
    written = Counter(OBJECT.search(c["path"])["name"] for c in calls if c["method"] != "POST")
    written += Counter(
        OBJECT.search(c["path"])["name"] for c in calls if c["path"].endswith("/eviction")
    )
    allowed = announced(sopctl.home)
    assert written, "the sandbox saw no write at all"
    return {n: (number, allowed[n]) for n, number in written.items() if number > allowed[n]}


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
