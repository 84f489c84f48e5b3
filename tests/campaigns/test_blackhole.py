"""The short setting of the black holes: one of each way, and what would be too late."""

from __future__ import annotations

import pytest

from campaigns import blackhole


@pytest.mark.parametrize(
    "case", [("plan", "both", "silent"), ("target", "both", "closed"), ("plan", "both", "nameless")]
)
def test_it_speaks_up_and_gives_up_in_time(case):
    assert blackhole.play(case).wrong == ""


def test_what_comes_too_late_is_found(monkeypatch):
    monkeypatch.setattr(blackhole, "timed", lambda *_: (30.0, 60.0, "Traceback"))
    assert blackhole.play(("plan", "both", "silent")).wrong == (
        "plan, both silent: a traceback; its first word came after 30.0 s; it gave up after 60.0 s"
    )


def test_every_verb_is_tried_with_every_half_in_both_ways():
    assert (
        len(set(blackhole.cases(1))) == len(blackhole.VERBS) * 9 == len(blackhole.CAMPAIGN.needed)
    )
