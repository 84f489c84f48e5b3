"""Loading moto and the simulators in two thirds of the time."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import boto3

# Objects until the garbage collector looks through the young, and how often through the older: the
# objects of a world live long and form no cycles.
COLLECT_AFTER: Final = (100_000, 50, 100)


class Serve(Protocol):
    """``server.serve``, imported late."""

    def __call__(self, state_dir: Path, rate: float, ready: Callable[[], None]) -> None:
        """Serve until stopped."""


def load() -> Serve:
    """Import the server; garbage collection is off until ``settled``."""
    gc.disable()
    with _one_session():
        from sopctl.sandbox.process.server import serve  # noqa: PLC0415  # what this is for
    return serve


def settled() -> None:
    """Collect garbage again, but never look through what loading has made."""
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    gc.enable()


@contextmanager
def _one_session() -> Iterator[None]:
    """Let moto share one boto3 session while it is imported.

    It makes several, and each reads all of AWS's endpoints again: 0.4 s of processor time.
    """
    made, shared = boto3.Session, boto3.Session()
    boto3.Session = lambda: shared
    try:
        yield
    finally:
        boto3.Session = made
