"""The short setting of the races, and that two winners would be seen."""

from __future__ import annotations

import pytest

from campaigns import locks


@pytest.mark.parametrize("case", [(kind, number) for kind in locks.KINDS for number in (1, 2)])
def test_a_race_has_one_winner(case):
    assert locks.play(case).wrong == ""


def test_two_winners_are_found(monkeypatch):
    monkeypatch.setattr(locks, "_race", lambda *_: [0, 1])
    assert "2 of" in locks.play(("target", 1)).wrong


def test_without_a_word_of_a_conflict_two_would_go_on(monkeypatch):
    """Who took a lost race for a cluster that errs went on without the lock."""
    monkeypatch.setattr(locks.ClusterLease, "_take", locks.ClusterLease._attempt)
    refused = 0
    for number in range(20):
        try:
            locks.play(("cluster", number))
        except locks.LockedError:
            refused += 1
    assert refused
