"""Something looked at again and again: in place on a terminal, a line a look elsewhere."""

from __future__ import annotations

import io

import pytest

from sopctl.views import live
from sopctl.views.lines import line
from sopctl.views.live import Picture
from sopctl.views.screen import Screen
from tests.views.glass import Glass

TERMINAL = {"TERM": "xterm-256color"}
INTO, OUT_OF = "\x1b[?1049h", "\x1b[?1049l"  # the screen that a program has to itself
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"  # the cursor


def picture(**more):
    def whole(look, width, height):
        return [line(f"look {look}"), line("whole")]

    return Picture(whole, lambda look: line(f"one {look}"), **more)


def test_in_place_each_look_takes_the_place_of_the_last():
    glass = Glass()
    with live.showing(Screen(glass, TERMINAL), picture()) as show:
        show(1)
        show(2)
    assert [row for row in glass.rows if row] == ["look 2", "whole"]


@pytest.mark.parametrize("ends", [None, KeyboardInterrupt, ValueError], ids=str)
def test_the_whole_screen_is_given_back_however_it_ends_with_the_last_look_on_it(ends):
    glass = Glass()
    try:
        with live.showing(Screen(glass, TERMINAL), picture(full_screen=True)) as show:
            show(1)
            show(2)
            assert OUT_OF not in glass.getvalue()
            if ends:
                raise ends
    except (KeyboardInterrupt, ValueError):
        pass
    written = glass.getvalue()
    assert written.index(INTO) < written.index(OUT_OF)
    assert written.rindex(HIDE) < written.rindex(SHOW)
    assert "look 2" in written.partition(OUT_OF)[2]


def test_it_is_drawn_for_the_size_that_the_terminal_has_now():
    sizes = []
    drawn = Picture(
        lambda look, width, height: sizes.append((width, height)) or [], lambda look: line("")
    )
    screen = Screen(Glass(), TERMINAL)
    with live.showing(screen, drawn) as show:
        for width in (100, 60):
            screen.console.size = (width, 30)
            show(1)
    assert sizes == [(100, 30), (60, 30)]


def test_without_a_terminal_each_look_is_one_line():
    stream = io.StringIO()
    with live.showing(Screen(stream, {}), picture(full_screen=True)) as show:
        show(1)
        show(2)
    assert stream.getvalue() == "one 1\none 2\n"
