"""Where lines are drawn: no escape sequence where none belongs."""

from __future__ import annotations

import errno
import io
import os

import pytest

from sopctl.views.lines import line
from sopctl.views.screen import Screen


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Broken(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def shown(stream, **environ):
    Screen(stream, environ).show([line(("bad news", "bad"), " [/x] [i-0abc]")])
    return stream.getvalue()


def test_a_terminal_gets_colours():
    assert "\x1b[" in shown(Terminal(), TERM="xterm")


@pytest.mark.parametrize(
    "environ", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}, {"TERM": ""}]
)
def test_no_colour_means_no_escape_at_all(environ):
    assert "\x1b" not in shown(Terminal(), **environ)


def test_a_pipe_gets_plain_text_unwrapped():
    stream = io.StringIO()
    Screen(stream, {"TERM": "xterm"}).show([line("word " * 60)])

    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("environ", [{"TERM": "xterm"}, {"TERM": "dumb"}])
def test_brackets_are_never_markup(environ):
    assert "[/x] [i-0abc]" in shown(Terminal(), **environ)


def test_a_closed_pipe_stops_nothing():
    screen = Screen(Broken(), {})
    screen.show([line("x")])
    screen.data({"y": 1})


def test_data_is_one_object_a_line():
    stream = io.StringIO()
    Screen(stream, {}).data({"a": "\x1b"}, {"b": 2})

    assert stream.getvalue() == '{"a": "\\u001b"}\n{"b": 2}\n'


class Failing(io.StringIO):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def write(self, text):
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize(
    ("number", "lost"),
    [(errno.EPIPE, ""), (errno.EIO, ""), (errno.ENOSPC, "no space left on device")],
)
def test_a_reader_that_is_gone_is_known_and_only_a_full_disk_lost_something(number, lost):
    screen = Screen(Failing(number), {})
    screen.write("text")

    assert (screen.gone, screen.lost) == (True, lost)
    screen.show([])
