"""Lines in boxes never leave them."""

from __future__ import annotations

import pytest

from sopctl.views.cluster.shape import beside, cut, fitting, listed, short
from sopctl.views.lines import line

LONG = line(("one ", "bad"), ("two three", ""), indent=2)


@pytest.mark.parametrize("width", range(2, 20))
def test_what_is_cut_fits_and_says_so(width):
    shown = cut(LONG, max(width, 4)).text
    assert len(shown) <= max(width, 4)
    assert shown == LONG.text or shown.endswith("..")


def test_without_a_width_nothing_is_cut():
    assert cut(LONG, 0) is LONG


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("name", 4, "name"),
        ("long-name-a", 7, "lon..-a"),
        ("names", 4, "n..s"),
        ("names", 3, "n.."),
        ("names", 1, "."),
        ("a\x1bb", 9, "a\\x1bb"),
    ],
)
def test_short_names_are_safe_and_marked_where_they_are_cut(text, width, shown):
    assert short(text, width) == shown


def test_columns_are_as_wide_as_they_should_be():
    rows = beside([[line("a"), line("b")], [LONG]], 10, " | ")
    assert [row.text for row in rows] == ["a          |   one tw..", "b          |           "]


def test_what_still_fits_is_said_and_what_does_not_is_left_out():
    parts = [(", much too long", ""), (", short", "")]
    assert fitting([("name", "")], parts, 12).text == "name, short"
    assert fitting([("name", "")], parts, 0).text == "name, much too long, short"


def test_commas_stand_with_what_they_follow():
    assert listed([("a", ""), ("b", "bad")]) == [("a, ", ""), ("b", "bad")]
    assert listed([]) == []
