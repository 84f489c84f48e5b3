"""The short setting of the brownouts, and what would be found."""

from __future__ import annotations

import contextlib
from itertools import islice

import pytest

from campaigns import brownouts
from sopctl.core.errors import SopError
from sopctl.providers.k8s import K8s

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("sandbox")]
FEW = [
    ("run", "kubernetes", "lost_reply", "before converge", 1, "30s"),
    ("rollback", "aws", "failed_reply", "before converge", 2, "30s"),
    ("run", "aws", "stale", "before observe", 1, "30s"),
]


@pytest.mark.parametrize("case", FEW, ids=[", ".join(map(str, case)) for case in FEW])
def test_it_ends_where_it_should(case):
    played = brownouts.play(case)
    assert played.wrong == ""
    assert f"{case[0]}, {case[1]} {case[2]}" in played.cells


def test_a_write_that_is_sent_twice_is_found(monkeypatch):
    once = K8s.write

    def twice(self, *given, **named):
        answer = once(self, *given, **named)
        with contextlib.suppress(SopError):
            once(self, *given, **named)
        return answer

    monkeypatch.setattr(K8s, "write", twice)
    played = brownouts.play(("run", "kubernetes", "slow", "before converge", 0, "30s"))
    assert " announced" in played.wrong


def test_every_answer_of_either_half_comes_to_every_command():
    drawn = islice(brownouts.cases(1), len(brownouts.CAMPAIGN.needed))
    cells = {f"{name}, {half} {answer}" for name, half, answer, *_ in drawn}
    assert cells == brownouts.CAMPAIGN.needed
