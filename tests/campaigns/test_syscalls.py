"""The short setting of the failing system calls, and what it finds where a safety is missing."""

from __future__ import annotations

import pytest

from campaigns import syscalls
from campaigns.calls import available

pytestmark = pytest.mark.skipif(not available(), reason="needs strace(1), and leave to trace")

SOME = [
    ("new", "mkdir", 1, True, "EROFS"),
    ("new", "openat", 3, True, "EROFS"),
    ("new", "openat", 4, False, "EIO"),  # these two ended in a traceback once
    ("new", "flock", 1, True, "ENOSPC"),
    ("new", "pwrite64", 12, False, "ENOSPC"),
    ("new", "fdatasync", 20, False, "EIO"),
    ("new", "pwrite64", 250, True, "ENOSPC"),
    ("died in the middle", "pread64", 9, True, "EIO"),
    ("died in the middle", "fdatasync", 11, True, "EIO"),
    ("died in the middle", "pwrite64", 301, True, "EROFS"),
    ("died in the middle", "unlink", 1, False, "EIO"),
]


@pytest.mark.parametrize("case", SOME, ids=str)
def test_a_failing_call_stops_the_run_cleanly_and_the_next_process_finishes_it(case):
    assert syscalls.play(case).wrong == ""


def test_a_run_that_goes_on_without_its_journal_is_found_out():
    case = ("new", "fdatasync", 20, True, "EIO")
    assert "unlogged write" in syscalls.play(case, syscalls.Careless).wrong
    assert syscalls.play(case).wrong == ""


def test_every_call_of_a_run_has_its_turn():
    drawn = list(syscalls.cases(1))
    assert len({*drawn}) == len(drawn)
    drawn = drawn[: len(drawn) * 2 // 5]  # with one error of three
    for start in syscalls.STARTS:
        for call, number in syscalls.total(start).items():
            turns = {case[2] for case in drawn if case[:2] == (start, call) and not case[3]}
            assert call == "fcntl" or turns == {*range(1, number + 1)}
