from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sopctl.core.clock import SystemClock
from sopctl.sandbox.process.lifecycle import control, reset, start, stop
from sopctl.sandbox.process.running import Running

RATE = 120.0


@pytest.fixture(scope="session")
def state_dir() -> Iterator[Path]:
    """A short path of our own: pytest's may be removed while the sandbox still runs."""
    path = Path(tempfile.mkdtemp(prefix="sopctl-"))
    yield path
    stop(path)
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def started(state_dir: Path) -> tuple[Running, Running]:
    """The answers of two starts at once."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: start(state_dir, rate=RATE), range(2))
    return first, second


@pytest.fixture
def running(started: tuple[Running, Running]) -> Iterator[Running]:
    """The sandbox with no faults and no calls journaled; what a test breaks, it resets."""
    control(started[0], "POST", "/faults", {"clear": True})
    control(started[0], "POST", "/calls/reset")
    yield started[0]
    control(started[0], "POST", "/faults", {"clear": True})


@pytest.fixture
def restored(running: Running, state_dir: Path) -> Iterator[Running]:
    """The sandbox, to be broken: it is reset afterwards."""
    yield running
    reset(state_dir)


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Ask until the answer is true, for thirty seconds at most; returns it."""

    def ask(question: Callable[[], Any], seconds: float = 30.0) -> Any:
        clock, waited = SystemClock(), 0.0
        while not (answer := question()) and waited < seconds:
            clock.sleep(0.1)
            waited += 0.1
        return answer

    return ask
