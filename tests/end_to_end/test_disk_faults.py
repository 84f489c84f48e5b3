"""The disk of the journal fails under the real process: it stops, and nothing goes unannounced.

Every call in turn is ``campaigns/syscalls.py``, on toys; here is the whole command line.
"""

from __future__ import annotations

import os

import pytest

from campaigns.calls import available
from sopctl.core.errors import ExitCode
from tests.end_to_end.driver import ZONE, differences, finish, unannounced

pytestmark = pytest.mark.skipif(not available(), reason="needs strace(1), and leave to trace")

FAULTS = [("pwrite64", "ENOSPC", "400+"), ("fdatasync", "EIO", "30"), ("pwrite64", "EIO", "500")]
MOST = int(os.environ.get("SOPCTL_DISK_FAULTS", "1"))  # each takes as long as a run and its return


def failing(home, call, error, when):
    """The words of strace that let *call* on the journal fail."""
    files = [home / "state" / f"journal.db{end}" for end in ("", "-wal", "-journal")]
    only = [word for file in files for word in ("-P", f"{file}")]
    inject = f"inject={call}:error={error}:when={when}"
    return ["strace", "-f", "-q", "-o", "/dev/null", *only, "-e", f"trace={call}", "-e", inject]


@pytest.mark.parametrize(("call", "error", "when"), FAULTS[:MOST])
def test_a_run_whose_journal_fails_stops_and_is_finished_later(sopctl, outside, call, error, when):
    sopctl.run("prepare")
    before = outside.dump()
    words = ("run", "az-failure", "--zone", ZONE, "--target", "sandbox", "--yes")
    with sopctl.popen(
        *words, "--reason", "disk", under=failing(sopctl.home, call, error, when)
    ) as process:
        _, said = process.communicate(timeout=150)

    assert process.returncode == ExitCode.AUDIT_UNAVAILABLE, said
    assert "journal.db" in said
    assert "hint:" in said
    assert "Traceback" not in said
    assert unannounced(sopctl, outside) == {}

    finish(sopctl)
    sopctl.roll_back("--latest", "az-failure")
    assert differences(before, outside.dump()) == []
    assert unannounced(sopctl, outside) == {}
    sopctl("audit", "verify")
