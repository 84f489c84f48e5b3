"""Frozen values and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pytest

from sopctl.core.codec import decode, encode


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    weight: float = 0.0
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    leaves: tuple[Leaf, ...]
    by_name: Mapping[str, Leaf]
    size: int | str
    inside: Tree | None = None


def a_tree(inside=None):
    leaf = Leaf("a", 1.5, Colour.RED)
    return Tree((leaf, Leaf("b")), {"a": leaf}, "big", inside)


def test_what_is_encoded_decodes_to_the_same_also_a_value_within_itself():
    assert decode(Tree, encode(a_tree(a_tree()))) == a_tree(a_tree())


def test_a_whole_number_is_a_float_where_one_is_wanted():
    assert type(decode(Leaf, {"name": "a", "weight": 2}).weight) is float


def test_the_order_of_a_union_decides():
    @dataclass(frozen=True)
    class First:
        value: int | float

    @dataclass(frozen=True)
    class Second:
        value: float | int

    assert type(decode(First, {"value": 1}).value) is int
    assert type(decode(Second, {"value": 1}).value) is float


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"leaves": [{"name": "a"}, {"name": 7}]}, r"Tree\.leaves\[1\]\.name: 7 is not str"),
        ({"by_name": {"a": {"nome": "a"}}}, r"Tree\.by_name\.a: unknown field nome"),
        ({"by_name": ["a"]}, r"Tree\.by_name: \['a'\] is not a mapping"),
        ({"size": True}, r"Tree\.size: True fits none of"),
        ({"leaves": [[]]}, r"Tree\.leaves\[0\]: \[\] is not a mapping"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(change, told):
    with pytest.raises(TypeError, match=told):
        decode(Tree, {**encode(a_tree()), **change})
