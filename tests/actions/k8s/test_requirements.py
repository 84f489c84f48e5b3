from __future__ import annotations

import pytest

from sopctl.actions.k8s import member, requirements
from tests.actions.k8s.pools import requirement


def less(*said):
    before = member.of(list(said), requirements.PATH)
    return requirements.without(before, "zone", "a").value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (requirement("zone", "a", "b"), requirement("zone", "b")),
        (requirement("zone", "b"), requirement("zone", "b")),
        (
            requirement("zone", "c", operator="NotIn"),
            requirement("zone", "c", "a", operator="NotIn"),
        ),
        (requirement("zone", "a", operator="NotIn"), requirement("zone", "a", operator="NotIn")),
    ],
)
def test_a_list_of_values_loses_one_or_excludes_one_more(before, after):
    other = requirement("arch", "a")
    assert less(other, before) == [other, after]


@pytest.mark.parametrize(("least", "now"), [(3, 2), (2, 2), (1, 1)])
def test_no_more_values_are_asked_for_than_are_left(least, now):
    before = {**requirement("zone", "a", "b", "c"), "minValues": least}
    assert less(before) == [{**requirement("zone", "b", "c"), "minValues": now}]


def test_what_is_left_open_is_closed_for_the_value():
    there = {"key": "zone", "operator": "Exists"}
    closed = requirement("zone", "a", operator="NotIn")
    assert less() == [closed]
    assert less(there) == [there, closed]


def test_twice_is_as_once():
    once = requirements.without(member.of([], requirements.PATH), "zone", "a")
    assert requirements.without(once, "zone", "a") is once
