"""A command ends with its time, and with its caller."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from sopctl.providers import supervisor


def start(seconds, *argv):
    program = [sys.executable, "-I", supervisor.__file__, str(seconds), *argv]
    return subprocess.Popen(program, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        (("true",), 0),
        (("sh", "-c", "exit 7"), 7),
        (("sh", "-c", "kill -9 $$"), 137),
        (("sh", "-c", "exit 124"), 124),
        (("no-such-program",), supervisor.NOT_STARTED),
    ],
)
def test_the_status_is_that_of_the_command(argv, status):
    with start(10, *argv) as process:
        assert process.wait() == status


def test_a_command_whose_time_is_over_is_ended_with_its_children(tmp_path):
    mark = tmp_path / "mark"
    with start(0.3, "sh", "-c", f"(sleep 1; touch {mark}) & sleep 9") as process:
        assert process.wait() == supervisor.LATE
    time.sleep(1.2)
    assert not mark.exists()


def test_what_a_command_leaves_behind_is_ended(tmp_path):
    mark = tmp_path / "mark"
    with start(10, "sh", "-c", f"(sleep 1; touch {mark}) & exit 0") as process:
        assert process.wait() == 0
    time.sleep(1.2)
    assert not mark.exists()


def test_a_command_whose_caller_died_is_ended(tmp_path):
    mark = tmp_path / "mark"
    with start(10, "sh", "-c", f"sleep 1; touch {mark}") as process:
        time.sleep(0.3)
        process.stdin.close()
        assert process.wait() == supervisor.ORPHANED
    time.sleep(1)
    assert not mark.exists()
