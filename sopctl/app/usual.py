"""How long a wait usually takes: what the journals of this target's earlier runs say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final

from sopctl.engine.state import RunState, Watched
from sopctl.views.states import duration

RUNS: Final = 20  # of the newest; older ones were of another cluster, or another day's load


def waits(states: Iterable[RunState], runbook: str) -> Mapping[str, float]:
    """By step, the median of the seconds until its effect was seen; only where one was."""
    runs = [s for s in states if s.plan and s.plan.runbook == runbook][-RUNS:]
    found: dict[str, list[float]] = {}
    for state in runs:
        for work in state.works:
            watches = list(work.watches.values())
            if watches and all(watched.ok for watched in watches):
                found.setdefault(work.key, []).append(max(map(_seconds, watches)))
    return {key: median(seconds) for key, seconds in found.items()}


def told(why: str, known: Mapping[str, float]) -> str:
    """*why* (the step, a colon, what is waited for) with how long that usually takes."""
    step, colon, _ = why.partition(": ")
    if not colon or step not in known:
        return why
    return f"{why} (usually {duration(known[step])})"


def _seconds(watched: Watched) -> float:
    assert watched.seen is not None
    return (watched.seen - watched.since).total_seconds()
