"""A program of its own: run one command that must outlive neither its time nor its caller.

``python supervisor.py SECONDS ARGV...``. The caller holds the other end of stdin: when it dies, be
it by ``kill -9``, stdin ends, and the command is ended with everything that it started. A command
that went on alone could finish while its successor looks, and be begun a second time.
Exit status: that of the command, or 128 + its signal. What is not about the command is said by
ending from a signal of our own, which no exit status can be mistaken for.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

LATE, NOT_STARTED, ORPHANED = -signal.SIGALRM, -signal.SIGUSR1, -signal.SIGHUP
EVERY = 0.05  # seconds between two looks


def run(seconds: float, argv: Sequence[str]) -> int:
    """The status for *argv*, which gets no input; negative: the signal to end from."""
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
    _end(child)
    return code if code >= 0 else 128 - code


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the command and what it started; what has left its session is beyond reach."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def main() -> int:
    status = run(float(sys.argv[1]), sys.argv[2:])
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main())
