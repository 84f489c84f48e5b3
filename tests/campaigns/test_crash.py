"""The short setting of the crash campaign."""

from __future__ import annotations

from itertools import islice

import pytest

from campaigns import crash

EVERY = 23


@pytest.mark.parametrize("case", [*islice(crash.cases(1), 0, 3000, EVERY)])
def test_a_death_is_survived(case):
    assert crash.play(case).wrong == ""


def test_the_kind_of_a_point_is_what_it_is_about():
    found = crash.play((1, False, False, [14], -1)).cells
    assert found == ("wire lamp, plain",)


def test_singles_come_first_then_pairs_and_chance_in_the_end():
    numbers = [len(case[3]) for case in islice(crash.cases(1), 60_000)]
    assert numbers[0] == 1
    first_pair, first_of_chance = numbers.index(2), next(i for i, n in enumerate(numbers) if n > 2)
    assert set(numbers[:first_pair]) == {1}
    assert first_of_chance > 10_000
