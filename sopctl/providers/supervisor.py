"""A program of its own: run one command that must outlive neither its time nor its caller.

``python supervisor.py SECONDS ARGV...``. The caller holds the other end of stdin: when it dies, be
it by ``kill -9``, stdin ends, and the command is ended with everything that it started. A command
that went on alone could finish while its successor looks, and be begun a second time.
Exit status: that of the command, 128 + its signal, or one of those below.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

LATE, ORPHANED, NOT_STARTED = 124, 125, 127
EVERY = 0.05  # seconds between two looks


def run(seconds: float, argv: Sequence[str]) -> int:
    """The exit status for *argv*, which gets no input."""
    try:
        child = subprocess.Popen(  # noqa: S603  # argv is the runbook's; there is no shell
            argv, stdin=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201  # a program's words
        return NOT_STARTED
    deadline = time.monotonic() + seconds
    while (code := child.poll()) is None:
        orphaned = select.select([sys.stdin], [], [], EVERY)[0]
        if orphaned or time.monotonic() > deadline:
            _end(child)
            return ORPHANED if orphaned else LATE
    return code if code >= 0 else 128 - code


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the command and its children; what has left its session is beyond reach."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    child.wait()


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2:]))
