"""What every campaign has: a seed, a budget, all cores, and a figure that is kept."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from sopctl.core.clock import SystemClock

Case: TypeAlias = Any  # whatever JSON can hold
FIGURES = Path(__file__).resolve().parent / "figures"
SHOWN = 10
LONGEST = 1200  # characters of what is wrong with a case


@dataclass(frozen=True)
class Played:
    """What one case came to: the *cells* it covered, and what was wrong, in a sentence."""

    cells: tuple[str, ...]
    wrong: str = ""


@dataclass
class Tally:
    """What came of all cases so far."""

    cases: int = 0
    cells: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[Case, str]] = field(default_factory=list)

    def add(self, case: Case, played: Played) -> None:
        self.cases += 1
        self.cells.update(played.cells)
        if played.wrong:
            self.wrong.append((case, played.wrong))


@dataclass(frozen=True)
class Campaign:
    """*cases* draws them from a seed, without end or not; *play* plays one; both importable.

    *needed* are the cells that have to be covered; none: whatever comes. *told*: the figure says
    how often each was. *chunk* cases go to a worker at once: few where each takes seconds.
    """

    name: str
    cases: Callable[[int], Iterable[Case]]
    play: Callable[[Case], Played]
    needed: frozenset[str] = frozenset()
    told: bool = False
    chunk: int = 50

    def run(self, *, seed: int, most: int, seconds: float, workers: int) -> Tally:
        """Play until *most* cases are played or *seconds* are over."""
        tally, began = Tally(), time.monotonic()
        todo = iter(islice(self.cases(seed), most))
        with ProcessPoolExecutor(workers) as pool:
            while chunks := list(islice(_chunks(todo, self.chunk), workers * 4)):
                for chunk, results in zip(chunks, pool.map(self._chunk, chunks), strict=True):
                    for case, played in zip(chunk, results, strict=True):
                        tally.add(case, played)
                if time.monotonic() - began > seconds:
                    break
        return tally

    def _chunk(self, cases: list[Case]) -> list[Played]:
        return [self.play(case) for case in cases]


def tell(text: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def scratch() -> TemporaryDirectory[str]:
    """A folder of one case, in memory where there is such a place: disks are slow, and wear out.

    Its name is drawn by ``tempfile``, and only we may enter it.
    """
    memory = Path("/dev/shm")  # noqa: S108  # the folder below it is ours alone
    return TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="sopctl-")


def _chunks(cases: Iterator[Case], size: int) -> Iterator[list[Case]]:
    while chunk := list(islice(cases, size)):
        yield chunk


def command(campaign: Campaign) -> int:
    """The command line of *campaign*; 0 if nothing was wrong and every cell was covered."""
    asked = _arguments(campaign)
    if asked.only:
        played = campaign.play(json.loads(asked.only))
        tell(played.wrong or "nothing is wrong with it")
        return 1 if played.wrong else 0
    began = time.monotonic()
    tally = campaign.run(
        seed=asked.seed, most=asked.cases, seconds=60 * asked.minutes, workers=asked.workers
    )
    took = time.monotonic() - began
    missing = campaign.needed - set(tally.cells)
    _tell(campaign, tally, missing, took)
    if asked.keep:
        _keep(campaign, tally, asked.seed, took)
    return 1 if tally.wrong or missing else 0


def _arguments(campaign: Campaign) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m campaigns.{campaign.name}")
    parser.add_argument("--seed", type=int, default=1, help="draws the cases")
    parser.add_argument("--cases", type=int, default=10**9, help="at most so many")
    parser.add_argument("--minutes", type=float, default=1.0, help="at most so long")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", help="one case, as JSON: play it again")
    parser.add_argument("--keep", action="store_true", help="keep the figure for the scoreboard")
    return parser.parse_args()


def _tell(campaign: Campaign, tally: Tally, missing: frozenset[str], took: float) -> None:
    covered = f", {len(tally.cells)} cells" if tally.cells else ""
    tell(f"{campaign.name}: {tally.cases} cases in {took:.0f} s{covered}")
    for case, wrong in tally.wrong[:SHOWN]:
        tell(f"  {wrong[:LONGEST]}\n    again: --only '{json.dumps(case)}'")
    if len(tally.wrong) > SHOWN:
        tell(f"  and {len(tally.wrong) - SHOWN} more")
    if missing:
        tell(f"  never covered: {', '.join(sorted(missing))}")
    tell(f"  {len(tally.wrong)} violations")


def _keep(campaign: Campaign, tally: Tally, seed: int, took: float) -> None:
    needed = campaign.needed or set(tally.cells)
    figure: dict[str, object] = {
        "cases": tally.cases,
        "violations": len(tally.wrong),
        "cells": len(tally.cells),
        "covered": f"{len(needed & set(tally.cells))} of {len(needed)}",
        "seconds": round(took),
        "seed": seed,
        "on": f"{SystemClock().now():%Y-%m-%d}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    if campaign.told:
        figure["by cell"] = dict(sorted(tally.cells.items()))
    FIGURES.mkdir(exist_ok=True)
    path = FIGURES / f"{campaign.name}.json"
    path.write_text(json.dumps(figure, indent=2) + "\n", encoding="utf-8")
