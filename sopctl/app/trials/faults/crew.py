"""Who plays the cases: this process, or several that have stages of their own.

They are made while the undisturbed course is still taken, and what is charted is played while the
next is charted. Charts travel as files in a private folder: a course is tens of worlds.
"""

from __future__ import annotations

import multiprocessing
import pickle
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Final, Protocol

from sopctl.actions import catalog as actions
from sopctl.app.place import Catalogs
from sopctl.app.trials import stage
from sopctl.app.trials.faults import bundles
from sopctl.app.trials.faults.bundles import Bundle
from sopctl.app.trials.faults.disturbed import Verdict
from sopctl.app.trials.faults.matrix import Charted, Lab
from sopctl.checks import catalog as checks
from sopctl.sandbox.world.ports import CloudPort, ClusterPort

CHUNK: Final = 4  # plays that a process takes at once


class Crew(Protocol):
    """Plays bundles of cases."""

    def play(self, charted: Charted, plays: Sequence[Bundle]) -> None:
        """Begin with *plays* of *charted*."""
        ...

    def verdicts(self) -> list[Verdict]:
        """What came of everything that was to be played, in its order."""
        ...

    def close(self) -> None: ...


class Alone:
    """This process, on the stage where the course is charted."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._wanted: list[tuple[Charted, Sequence[Bundle]]] = []

    def play(self, charted: Charted, plays: Sequence[Bundle]) -> None:
        self._wanted.append((charted, plays))

    def verdicts(self) -> list[Verdict]:
        return [
            verdict
            for charted, plays in self._wanted
            for bundle in plays
            for verdict in bundles.play(self._lab, charted, bundle)
        ]

    def close(self) -> None: ...


class Several:
    """Processes that take a few plays at a time."""

    def __init__(self, jobs: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sopctl-charts-")
        # Not a fork of this process, whose servers' threads would not survive it: of one that has
        # imported everything and started nothing.
        method = multiprocessing.get_context("forkserver")
        method.set_forkserver_preload([__name__])
        self._pool = ProcessPoolExecutor(jobs, mp_context=method, initializer=_equip)
        for _ in range(jobs):
            self._pool.submit(_ready)
        self._charts = 0
        self._played: list[Future[list[Verdict]]] = []

    def play(self, charted: Charted, plays: Sequence[Bundle]) -> None:
        self._charts += 1
        path = Path(self._folder.name) / f"{self._charts}.chart"
        path.write_bytes(pickle.dumps(charted))
        for at in range(0, len(plays), CHUNK):
            self._played.append(self._pool.submit(_carry_out, path, plays[at : at + CHUNK]))

    def verdicts(self) -> list[Verdict]:
        return [verdict for played in self._played for verdict in played.result()]

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._folder.cleanup()


def catalogs() -> Catalogs:
    broken: dict[str, str] = {}  # said by whoever began the test
    return Catalogs(actions=actions.with_strangers(broken), checks=checks.with_strangers(broken))


class _Bench:
    """What a process of the crew has: its own stage, and the charts that it has read."""

    lab: Lab
    charts: dict[Path, Charted]
    folder: tempfile.TemporaryDirectory[str]


def _equip() -> None:
    _Bench.folder = tempfile.TemporaryDirectory(prefix="sopctl-test-")
    made = stage.build(Path(_Bench.folder.name), _nothing)
    _Bench.lab, _Bench.charts = Lab(made, catalogs()), {}


def _nothing(_cluster: ClusterPort, _cloud: CloudPort) -> None:
    """Every case restores a world of its own."""


def _ready() -> None:
    """Nothing yet; to be asked for it is to be started."""


def _carry_out(path: Path, plays: Sequence[Bundle]) -> list[Verdict]:
    charts = _Bench.charts
    if path not in charts:
        # Written by the process that started this one, in a folder that is its own.
        charts[path] = pickle.loads(path.read_bytes())  # noqa: S301  # see above
    return [v for bundle in plays for v in bundles.play(_Bench.lab, charts[path], bundle)]
