"""A run as it happens."""

from __future__ import annotations

import errno
import io
import json

import pytest

from sopctl.engine.state import RunState
from sopctl.views import run as run_view
from sopctl.views.lines import plain
from sopctl.views.screen import Screen
from tests.views.glass import Glass
from tests.views.golden import assert_golden
from tests.views.scenes import PLAN, RUN, journal, progressing, state


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_elsewhere_it_is_a_line_for_each_event():
    stream = io.StringIO()
    view = run_view.PlainView(Screen(stream, {}), RunState(run=RUN))
    for record in journal():
        view.records([record])
        view.waiting("the second look")
    view.warn("no lock in the cluster")
    view.pause()

    assert_golden("run-plain.txt", stream.getvalue())


def test_what_is_waited_for_is_said_once():
    stream = io.StringIO()
    view = run_view.PlainView(Screen(stream, {}), RunState(run=RUN))
    for _ in range(5):
        view.waiting("the autoscaler")

    assert stream.getvalue().count("the autoscaler") == 1


def test_json_lines_carry_every_record_without_the_plan():
    stream = io.StringIO()
    view = run_view.JsonView(Screen(stream, {}), Screen(io.StringIO(), {}))
    view.records(journal())
    view.waiting("nothing")

    rows = [json.loads(row) for row in stream.getvalue().splitlines()]
    assert [row["seq"] for row in rows] == list(range(len(journal())))
    assert "plan" not in rows[0]["data"]


def test_the_steps_stand_with_how_far_they_are():
    shown = "\n---\n".join(plain(run_view.progress(state(n))) for n in (3, 4, 6, None))

    assert_golden("run-progress.txt", shown)


def test_the_live_view_draws_and_leaves_the_cursor_visible():
    stream = Terminal()
    screen = Screen(stream, {"TERM": "xterm", "COLUMNS": "80"})
    view = run_view.LiveView(screen, RunState(run=RUN))
    for record in journal()[:7]:
        view.records([record])
    view.waiting("the \x1b[2J second look")
    view.warn("careful")
    view.pause()

    text = stream.getvalue()
    assert "cordon" in text
    assert "\\x1b[2J second look" in text
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


def test_a_terminal_that_goes_while_it_is_drawn_on_stops_nothing():
    """Whoever closes the window of an incident closes no incident: EIO is what its writes say."""

    class Closing(Terminal):
        closed_by_now = False

        def write(self, text):
            if self.closed_by_now:
                raise OSError(errno.EIO, "Input/output error")
            return super().write(text)

    stream = Closing()
    screen = Screen(stream, {"TERM": "xterm", "COLUMNS": "80"})
    view = run_view.LiveView(screen, RunState(run=RUN))
    first, *others = journal()
    view.records([first])
    stream.closed_by_now = True
    view.records(others)
    view.warn("hung up")
    view.pause()

    assert screen.gone
    assert not screen.lost


def test_the_end_says_how_to_take_it_back():
    assert_golden("run-ended.txt", plain(run_view.ended(state())))


def live(monkeypatch, *, height, steps=3):
    """A glass and a live view on it, after *steps* steps and the start of the next."""
    monkeypatch.setenv("LINES", str(height))
    monkeypatch.setenv("COLUMNS", "80")
    glass = Glass(height)
    view = run_view.LiveView(Screen(glass, {"TERM": "xterm"}), RunState(run=RUN))
    for record in progressing(steps):
        view.records([record])
    return glass, view


@pytest.mark.parametrize("height", [6, 24])
def test_on_a_low_terminal_too_every_step_is_drawn_once(monkeypatch, height):
    glass, view = live(monkeypatch, height=height)

    view.pause()

    words = [row.split()[1] for row in glass.rows if row[:2] in ("ok", "--", "!!", "..")]
    assert words == [step.id for step in PLAN.steps]


def test_the_last_picture_of_a_parked_run_does_not_say_that_anybody_works(monkeypatch):
    glass, view = live(monkeypatch, height=24)
    assert "working" in "\n".join(glass.rows)

    view.pause()

    assert "working" not in "\n".join(glass.rows)
    assert "parked" in "\n".join(glass.rows)


def test_what_is_said_meanwhile_stays_on_the_screen(monkeypatch):
    glass, view = live(monkeypatch, height=24)

    view.warn("finishing the calls in flight")
    view.waiting("the last call")
    view.pause()
    view.warn("too late to draw")

    assert glass.rows.count("warning: finishing the calls in flight") == 1
    assert glass.rows.count("warning: too late to draw") == 1
    text = glass.getvalue()
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")
