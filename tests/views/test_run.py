"""A run as it happens."""

from __future__ import annotations

import io
import json

from sopctl.engine.state import RunState
from sopctl.views import run as run_view
from sopctl.views.lines import plain
from sopctl.views.screen import Screen
from tests.views.golden import assert_golden
from tests.views.scenes import RUN, journal, state


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


def test_the_end_says_how_to_take_it_back():
    assert_golden("run-ended.txt", plain(run_view.ended(state())))
