"""The short setting of the strikes: one of each sort, and what would be found."""

from __future__ import annotations

import contextlib
import signal

import pytest

from campaigns import strikes
from sopctl.cli import drive

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("sandbox")]
FEW = [
    ("run", "killed", "after converge", 2),
    ("rollback", "terminated", "before converge", 1),
    ("takeover", "killed", "after append intent", 0),
    ("run", "terminal closed", "after append intent", 1),
]


@pytest.mark.parametrize("case", FEW, ids=[", ".join(map(str, case)) for case in FEW])
def test_it_ends_where_it_should(case):
    played = strikes.play(case)
    assert played.wrong == ""
    assert f"{case[0]}, {case[1]}" in played.cells


def test_who_does_not_finish_what_is_in_flight_is_found(monkeypatch):
    @contextlib.contextmanager
    def deaf(_stop, _tell=None):
        # What runs in the background of a shell is born with the signal ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield None

    monkeypatch.setattr(drive, "caught", deaf)
    assert "is in flight" in strikes.play(("run", "interrupted", "before converge", 1)).wrong


def test_a_bug_on_the_way_to_the_end_is_found(monkeypatch, tmp_path):
    """Who resumes meets it once; the next time all goes well."""
    leg, met = drive._leg, tmp_path / "met"

    def buggy(ride):
        if not ride.fresh and not met.exists():
            met.touch()
            raise KeyError("nobody thought of this")
        return leg(ride)

    monkeypatch.setattr(drive, "_leg", buggy)
    wrong = strikes.play(("run", "killed", "after converge", 2)).wrong
    assert "a bug: KeyError: 'nobody thought of this'" in wrong


def test_kills_come_at_every_place_of_every_command_and_everything_else_in_between():
    cases = strikes.cases(1)
    drawn = [next(cases) for _ in range(2 * sum(map(len, strikes.PLACES.values())))]
    kills = {(name, kind) for name, strike, kind, _ in drawn if strike == strikes.KILLED}
    assert kills == {(name, kind) for name, kinds in strikes.PLACES.items() for kind in kinds}
    assert {(name, strike) for name, strike, _, _ in drawn} == {
        (name, strike) for name in strikes.PLACES for strike in (strikes.KILLED, *strikes.STRIKES)
    }
