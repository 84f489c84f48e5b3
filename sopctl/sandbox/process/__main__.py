"""``python -m sopctl.sandbox.process STATE_DIR RATE``: start the sandbox in the background.

Ends as soon as the sandbox is healthy (0) or has failed to start (1, the reason on stderr).
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path

from sopctl.sandbox.process.running import Files

READY = b"ready"


class _Parent:
    """The launcher, which hears one word and ends; what is said later goes nowhere."""

    def __init__(self, said: int) -> None:
        self._said: int | None = said

    def tell(self, word: bytes) -> None:
        if self._said is None:
            return
        with contextlib.suppress(OSError):  # the launcher was killed
            os.write(self._said, word)
        os.close(self._said)
        self._said = None


def main(state_dir: Path, rate: float) -> int:
    """Fork; the child becomes the sandbox, the parent waits for its word."""
    files = Files(state_dir)
    files.make()
    heard, said = os.pipe()
    if os.fork() == 0:
        os.close(heard)
        _become_the_sandbox(files, state_dir, rate, _Parent(said))
    os.close(said)
    with os.fdopen(heard, "rb") as pipe:
        word = pipe.read()
    if word == READY:
        return 0
    sys.stderr.write(word.decode("utf-8", "replace") or "it ended without a word\n")
    return 1


def _become_the_sandbox(files: Files, state_dir: Path, rate: float, parent: _Parent) -> None:
    """Leave the terminal and the parent behind, then serve; never returns."""
    os.setsid()
    os.chdir("/")
    log = os.open(files.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    code = 1
    try:
        # Only here, in the child: what this imports takes a second, and its failure is told.
        from sopctl.sandbox.process import loading  # noqa: PLC0415  # see above

        def ready() -> None:
            loading.settled()
            parent.tell(READY)

        loading.load()(state_dir, rate, ready)
        code = 0
    except BaseException:  # noqa: BLE001  # the outermost boundary of the process
        reason = traceback.format_exc()
        sys.stderr.write(reason)
        parent.tell(reason.encode())
    finally:
        sys.stderr.flush()
        # Not sys.exit: the parent's interpreter must not be torn down a second time here.
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
