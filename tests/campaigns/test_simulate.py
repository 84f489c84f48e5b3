"""The short setting of the simulation; what it found; and what each protection is for."""

from __future__ import annotations

from itertools import islice

import pytest

from campaigns import simulate
from campaigns.frame import Played

SHORT = 40
FOUND = [
    166079925699102784,  # retried from what stood there when it was asked
    3880784345061157866,  # undone at once, while reads still showed what was there before
]
CAUGHT = {
    "fence": 2484285324360298277,
    "guard": 4306372404764761098,
    "observe_first": 3914223098349320803,
    "compare": 3548793864781130568,
}


@pytest.mark.parametrize("case", [*islice(simulate.cases(7), SHORT), *FOUND])
def test_a_story_ends_well(case):
    assert simulate.play(case).wrong == ""


def test_a_story_is_the_same_each_time_it_is_told():
    first, second = (simulate.play(FOUND[0]) for _ in range(2))
    assert first == second
    assert isinstance(first, Played)


@pytest.mark.parametrize(("protection", "case"), CAUGHT.items())
def test_without_a_protection_some_story_ends_badly(protection, case):
    assert simulate.play(case, protection).wrong
    assert not simulate.play(case).wrong
