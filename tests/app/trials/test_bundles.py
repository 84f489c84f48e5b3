"""Several faults in one play show what each of them would show alone."""

from __future__ import annotations

import pytest

from sopctl.app.trials.faults import bundles, crew
from sopctl.app.trials.faults.bundles import bundled, play, single
from sopctl.app.trials.faults.course import Checkpoint
from sopctl.app.trials.faults.matrix import PLANNING, Lab, Play
from sopctl.app.trials.faults.tap import Kind
from sopctl.providers import aws, retries


@pytest.fixture(scope="module")
def begun(make_case):
    case = make_case()
    start = case.begin()
    lab = Lab(case.stage, crew.catalogs())
    wanted = Play(
        book=case.script.book,
        params={"zone": "us-east-1a"},
        answers={},
        begin=Checkpoint(world=start.world, journal=start.journal),
    )
    return lab, lab.chart(wanted)


def largest(charted, **fields):
    """The bundle with the most faults, of those whose first fault is like *fields*."""
    found = [
        each
        for each in bundled(charted.faults())
        if all(getattr(each.faults[0], name) == value for name, value in fields.items())
    ]
    return max(found, key=lambda each: len(each.faults))


def test_every_fault_is_in_one_bundle(begun):
    _, charted = begun
    every = list(charted.faults())
    found = bundled(every)
    assert sorted(map(repr, every)) == sorted(repr(f) for each in found for f in each.faults)
    assert len(found) < 0.7 * len(every)
    assert [each.faults for each in single(every)] == [(fault,) for fault in every]


def test_what_changes_something_is_struck_alone(begun):
    _, charted = begun
    together = [each for each in bundled(charted.faults()) if len(each.faults) > 1]
    assert {fault.kind for each in together for fault in each.faults} >= {
        Kind.THROTTLE,
        Kind.LOST_REPLY,
        Kind.CRASH,
    }
    for each in together:
        assert each.alike or not any(fault.name.mutating for fault in each.faults)
        assert len({(fault.piece, fault.kind) for fault in each.faults}) == 1
        if not each.alike:  # what is asked again is not struck again
            assert len({fault.name.what for fault in each.faults}) == len(each.faults)


@pytest.mark.parametrize("piece", [PLANNING, 0])
def test_one_play_clears_all_of_a_bundle(begun, piece, monkeypatch):
    lab, charted = begun
    chosen = largest(charted, piece=piece, kind=Kind.LOST_REPLY)
    assert len(chosen.faults) > 2
    plays = []
    disturb = Lab.disturb
    monkeypatch.setattr(Lab, "disturb", lambda *some: plays.append(some) or disturb(*some))
    found = play(lab, charted, chosen)
    assert [each.name for each in found] == [fault.name for fault in chosen.faults]
    assert all(each.struck and not each.wrong for each in found), list(map(str, found))
    assert len(plays) == 1


def test_what_one_play_does_not_clear_is_played_one_by_one(begun, monkeypatch):
    """A client that does not ask again: the play of all ends badly, and so does each."""
    lab, charted = begun
    chosen = largest(charted, piece=PLANNING, kind=Kind.THROTTLE)
    monkeypatch.setattr(retries, "read_again", lambda ask, **_: ask())
    seen = []
    disturb = Lab.disturb
    monkeypatch.setattr(Lab, "disturb", lambda *some: seen.append(some[2:]) or disturb(*some))
    monkeypatch.setattr("sopctl.app.trials.faults.matrix._alike", lambda *_: False)
    monkeypatch.setattr(Lab, "_carry_on", lambda *_: ("another plan",))
    found = play(lab, charted, chosen)
    assert seen[0] == chosen.faults
    alone = [some[0] for some in seen[1:]]
    assert alone
    wrong = {each.name for each in found if each.wrong}
    assert wrong <= {fault.name for fault in alone}


def test_deaths_at_one_moment_leave_the_same(begun):
    """Between two changes nothing becomes durable: what the next process finds is equal."""
    lab, charted = begun
    chosen = largest(
        charted,
        piece=0,
        kind=Kind.CRASH,
    )
    assert chosen.alike
    assert len(chosen.faults) > 1
    assert len({fault.name.moment for fault in chosen.faults}) == 1
    for fault in chosen.faults[:2]:
        verdict = lab.disturb(charted, fault)
        assert (verdict.struck, verdict.wrong) == (True, ())


def test_an_engine_that_repeats_blindly_is_caught_in_a_bundle(begun, monkeypatch):
    lab, charted = begun
    send = aws.Aws.write

    def twice(self, call, service, operation, **kwargs):
        send(self, call, service, operation, **kwargs)
        return send(self, call, service, operation, **kwargs)

    monkeypatch.setattr(aws.Aws, "write", twice)
    chosen = largest(charted, piece=1, kind=Kind.THROTTLE)
    assert len(chosen.faults) > 1
    few = bundles.Bundle(faults=chosen.faults[:2])
    assert all(each.wrong for each in play(lab, charted, few))
