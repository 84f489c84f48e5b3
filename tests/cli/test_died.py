"""A process died with calls on their way: however a person goes on, the journal stays sound."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from sopctl.journal.sqlite import SqliteStore

DARK = {"l0": False, "l1": False, "l2": False}


@pytest.fixture
def died(shop):
    """After the intent of three changes, and before an answer to any."""
    with shop.dying():
        assert shop.run().code == 130
    return shop


@pytest.mark.parametrize(
    "words",
    [
        ("rollback", "--latest", "lights", "--yes"),
        ("rollback", "--latest", "lights", "--at-once", "--yes"),
        ("resume", "--yes"),
        ("resume", "--end-here", "--yes"),
        ("forget", "RUN", "--reason", "the cluster is gone", "--yes"),
    ],
    ids=" ".join,
)
def test_what_was_on_its_way_is_accounted_for(died, words):
    run = died("audit", "list", "-o", "json").rows[0]["run"]

    result = died(*[run if word == "RUN" else word for word in words])

    assert result.code == 0, result.err
    assert died("audit", "verify").code == 0
    if words[0] == "rollback":
        assert died.lamps == DARK


def hold(shop, run, pid):
    """A process of this machine holds *run* and the target."""
    with SqliteStore(shop.settings.state / "journal.db") as store:
        lease = store.claim(run, f"me@{socket.gethostname()}/{pid}", 30.0)
        store.lock_target("toy", lease, "2026-11-01T03:00:00.000000Z")


@pytest.fixture
def gone():
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_who_died_after_the_end_of_its_run_keeps_nobody_waiting(shop, gone):
    shop.run()
    hold(shop, shop("audit", "list", "-o", "json").rows[0]["run"], gone)

    result = shop("rollback", "--latest", "lights", "--yes")

    assert result.code == 0, result.err
    assert shop.lamps == DARK


def test_who_lives_is_waited_for_and_so_is_who_died_in_the_middle(died, gone):
    run = died("audit", "list", "-o", "json").rows[0]["run"]
    other = ("run", "lights", "--zone", "us-east-1a", "--target", "toy", "--again", "--yes")
    hold(died, run, gone)

    result = died(*other)

    assert result.code == 24
    assert f"(run {run}, since" in result.err
