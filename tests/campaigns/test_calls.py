"""What a traced process did, as it is read from strace."""

from __future__ import annotations

import sys

import pytest

from campaigns.calls import Call, Did, available, traced

pytestmark = pytest.mark.skipif(not available(), reason="needs strace(1), and leave to trace")

PROGRAM = """
import os, sys
d = sys.argv[1]
names = os.open(d, os.O_RDONLY | os.O_DIRECTORY)
f = os.open(d + "/f", os.O_RDWR | os.O_CREAT, 0o600)
os.pwrite(f, b"one\\xff", 5)
os.fsync(f)
os.fsync(names)
os.write(1, b"said\\n")
os.ftruncate(f, 3)
g = os.open(d + "/f", os.O_RDWR | os.O_CREAT, 0o600)
os.fdatasync(g)
os.unlink(d + "/f")
os.pwrite(f, b"nobody sees this", 0)
os.pwrite(os.open(d + "/../beside", os.O_RDWR | os.O_CREAT, 0o600), b"nor this", 0)
"""


def test_every_call_in_the_directory_and_every_word_is_there_in_order(tmp_path):
    directory = tmp_path / "d"
    directory.mkdir()
    program = [sys.executable, "-c", PROGRAM, f"{directory}"]
    assert traced(program, directory, tmp_path / "trace", tmp_path) == (
        Call(Did.LINK, "f"),
        Call(Did.WRITE, "f", 5, b"one\xff"),
        Call(Did.SYNC, "f"),
        Call(Did.SYNC_NAMES),
        Call(Did.SAY, data=b"said\n"),
        Call(Did.CUT, "f", 3),
        Call(Did.SYNC, "f"),
        Call(Did.UNLINK, "f"),
    )
