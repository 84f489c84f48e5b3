"""States: as short as they can be and stay true."""

from __future__ import annotations

import pytest

from sopctl.views import states


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "absent"),
        ("", '""'),
        ("true", "true"),
        ("two words", '"two words"'),
        (True, "true"),
        (0, "0"),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_absent_empty_and_text_are_told_apart(value, text):
    assert states.value(value) == text


def text_of(before, after, **more):
    return "".join(text for text, _ in states.difference(before, after, **more))


def test_only_the_fields_that_differ_are_shown():
    assert text_of({"a": 1, "b": 2}, {"a": 1, "b": 3}) == "b: 2 -> 3"


def test_what_was_not_there_is_absent():
    assert text_of(None, {"value": "x", "propagate": True}) == "absent -> value=x, propagate=true"


def test_a_state_of_one_field_is_its_value():
    assert text_of({"max": 8}, {"max": 3}) == "8 -> 3"


def test_of_long_values_the_part_that_differs_is_shown():
    same = "x" * 200

    shown = text_of({"v": f"{same}before"}, {"v": f"{same}after"})

    assert "before" in shown
    assert "after" in shown
    assert len(shown) < 120


def test_nothing_is_cut_when_all_is_asked_for():
    long = "y" * 300

    assert long in text_of(None, {"v": long}, full=True)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59.9, "59s"), (61, "1m 01s"), (7200, "2h 00m"), (90000, "1d 1h"), (-5, "0s")],
)
def test_durations_are_short(seconds, text):
    assert states.duration(seconds) == text
