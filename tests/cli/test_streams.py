"""Standard streams that are closed, gone or full: no traceback, and nothing that is lost unsaid."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

SOPCTL = f"{shlex.quote(sys.executable)} -m sopctl"


@pytest.fixture
def sh(tmp_path):
    env = {
        **os.environ,
        "SOPCTL_STATE_DIR": str(tmp_path),
        "SOPCTL_CONFIG_DIR": str(tmp_path / "c"),
    }

    def go(text):
        line = text.replace("sopctl", SOPCTL)
        return subprocess.run(
            ["/bin/bash", "-c", line], env=env, capture_output=True, text=True, check=False
        )

    return go


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_bug_and_nothing_is_written_into_the_journal(sh, tmp_path, closed):
    done = sh(f"sopctl status {closed}")

    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("words", ["action list", "runbook schema", "check list -o json"])
def test_a_reader_that_goes_away_is_nobodys_failure(sh, words):
    done = sh(f"set -o pipefail; sopctl {words} | head -1")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
@pytest.mark.parametrize("words", ["action list", "runbook schema", "check list -o json"])
def test_what_a_full_disk_lost_is_said(sh, words):
    done = sh(f"sopctl {words} > /dev/full")

    assert done.returncode == 2
    assert "standard output cannot be written: no space left on device" in done.stderr
