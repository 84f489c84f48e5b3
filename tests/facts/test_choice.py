from __future__ import annotations

import pytest

from sopctl.core.errors import RefusedError
from sopctl.facts.choice import Choice, by_name, changeable, multi_zone, single_zone
from sopctl.facts.groups import Group


def group(name: str, *zones: str, operator: str = "") -> Group:
    return Group(name=name, arn=name, zones=zones, min=0, max=1, desired=0, operator=operator)


FLEET = (
    group("a", "z1"),
    group("b", "z2"),
    group("ab", "z1", "z2"),
    group("eks", "z1", operator="x"),
)


def names(choice: Choice) -> list[str]:
    return [each.name for each in choice.groups]


def test_a_zone_alone_leaves_out_the_others_and_notes_those_that_are_there_too() -> None:
    chosen = single_zone(Choice(FLEET), "z1")
    assert names(chosen) == ["a", "eks"]
    assert len(chosen.notes) == 1
    assert chosen.notes[0].startswith("ab: left alone")


def test_groups_over_several_zones_are_found_by_any_of_them() -> None:
    assert names(multi_zone(Choice(FLEET), "z2")) == ["ab"]
    assert names(multi_zone(Choice(FLEET), "")) == ["ab"]
    assert names(multi_zone(Choice(FLEET), "z3")) == []


def test_what_an_aws_service_operates_is_left_alone_and_noted() -> None:
    chosen = changeable(Choice(FLEET))
    assert "eks" not in names(chosen)
    assert chosen.notes == ("eks: left alone, because an AWS service operates it.",)


def test_notes_of_one_sieve_outlive_the_next() -> None:
    assert len(single_zone(changeable(Choice(FLEET)), "z1").notes) == 2


def test_names_are_taken_in_their_order_and_must_be_there() -> None:
    assert names(by_name(FLEET, ())) == ["a", "b", "ab", "eks"]
    assert names(by_name(FLEET, ("b", "a"))) == ["b", "a"]
    with pytest.raises(RefusedError, match="no Auto Scaling group c") as refusal:
        by_name(FLEET, ("a", "c"))
    assert "a, ab, b, eks" in refusal.value.hint
