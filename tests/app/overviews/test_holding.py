"""What the journal says is open or in place; nobody's seat is taken for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sopctl.app.overviews.holding import held
from sopctl.journal.sqlite import SqliteStore
from tests.cli.shop import Shop


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.fixture
def look(shop):
    """What is held on `toy` some hours later."""
    known = {}

    def ask(hours=0, target="toy"):
        with SqliteStore(shop.settings.state / "journal.db") as store:
            return held(store, target, shop.clock.now() + timedelta(hours=hours), known)

    ask.known = known
    return ask


def epoch(shop):
    """Of a seat taken and left; each one has the next number."""
    with SqliteStore(shop.settings.state / "journal.db") as store:
        (head,) = store.runs()
        lease = store.claim(head.run, "somebody", 5.0)
        store.release(lease)
    return lease.epoch


def test_what_a_run_keeps_is_counted_by_step_and_has_a_deadline(shop, look):
    shop.run("--incident", "INC-7")

    (found,) = look(hours=1)

    assert (found.runbook, found.state, found.incident) == ("lights", "in place", "INC-7")
    assert found.steps == (("light", 3),)
    assert found.due == pytest.approx(3600, abs=60)
    assert look(hours=3)[0].due < 0


def test_a_parked_run_says_what_it_waits_for(shop, look):
    shop.run("--no-gently")
    (found,) = look()
    assert (found.state, found.waits) == ("parked", "gate: Are they lit?")


def test_what_was_rolled_back_and_what_others_hold_is_not_there(shop, look):
    shop.run()
    assert look(target="prod") == ()
    assert len(look()) == 1

    shop("rollback", "--yes")
    assert look() == ()


def test_a_journal_that_has_not_grown_is_not_folded_again(shop, look):
    shop.run()
    look()
    first = dict(look.known)
    look()
    assert {run: id(state) for run, state in look.known.items()} == {
        run: id(state) for run, state in first.items()
    }


def test_looking_takes_no_seat(shop, look):
    """`status` claims a run to see who works on it; a live view must never be in the way."""
    shop.run("--no-gently")
    first = epoch(shop)
    look()
    assert epoch(shop) == first + 1  # nobody sat there in between
