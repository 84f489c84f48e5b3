"""Lines: sanitised, wrapped, in columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.views.lines import Line, line, plain, safe, table, wrapped

NASTY = ["\x1b[31m", "\x9b31m", "\r", "\n", "\u202e", "\u2066", "\u200b", "\ufeff", "\x7f", "\x07"]


def test_what_could_act_is_shown_as_what_it_is():
    assert safe("a\x1b]52;c;x\x07b\r\u202e\u200b") == "a\\x1b]52;c;x\\x07b\\r\\u202e\\u200b"


def test_ordinary_text_stays_as_it_is():
    text = "arn:[i-0abc] {x} [/red] 東京 é ✓"

    assert safe(text) == text


@given(st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=8)), max_size=8))
def test_nothing_that_acts_gets_through(parts):
    shown = plain([line("".join(parts))])[:-1]

    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert not any(mark in shown for mark in NASTY)


@given(st.lists(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1)))
def test_wrapping_loses_no_word(words):
    rows = wrapped(line(" ".join(words), indent=2), 20)

    assert " ".join(row.text.strip() for row in rows).split() == words


def test_a_continued_line_is_indented():
    rows = plain([Line((("one two three", ""),), 4)], width=12).splitlines()

    assert rows == ["    one two", "      three"]


def test_a_word_that_is_too_long_stays_whole():
    arn = "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:uuid"

    assert arn in plain([line("group ", arn)], width=20).splitlines()[1]


def test_columns_are_as_wide_as_their_widest_cell():
    assert plain(table([["a", "b"], ["long", "c"]])) == "a     b\nlong  c\n"


@pytest.mark.parametrize("width", range(4, 30))
def test_no_row_is_wider_than_the_screen_not_even_by_a_space(width):
    full = line(("one two, ", "bad"), "three four, five ", ("six", ""), indent=1)
    rows = wrapped(full, width)
    words = [word for row in rows for word in row.text.split()]
    assert words == full.text.split()
    longest = max(len(word) for word in words)
    assert all(len(row.text) <= max(width, longest + 3) for row in rows)
    assert all(row.text == row.text.rstrip() for row in rows)
