"""A hands-on drill: the engineer gets the page, the world runs, and what was done is scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sopctl.app import arena
from sopctl.app.arena import Arena
from sopctl.cli.context import Context
from sopctl.cli.drills.rehearsal import Rehearsal
from sopctl.core.clock import Clock, SystemClock, parse_stamp
from sopctl.core.drill import Deed, Timings
from sopctl.core.measures import Sample, Series, outages, series
from sopctl.views import alert

LOOK_EVERY: Final = 2.0  # seconds of this machine
# What the sandbox's own clients and the drill itself are called: not the engineer's doing.
_OURS: Final = ("sopctl-sandbox",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What came of it."""

    timings: Timings
    series: Series
    deeds: tuple[Deed, ...]


def hold(context: Context, rehearsal: Rehearsal, rate: float, clock: Clock | None = None) -> Score:
    """Let the world run at *rate* until it has recovered, its time is over, or the person stops."""
    state = rehearsal.settings.state / "with"
    world = arena.start(state, rehearsal.scenario, rate, lambda _: None)
    try:
        world.begin()
        context.err.show(alert.how_to_act(state, rehearsal.runbook))
        _watch(context, world, rehearsal, clock or SystemClock())
        happened, samples = world.tell(), world.samples()
        found = tuple(deeds(world.calls(), world))
        times = Timings(
            began=found[0].at if found else None,
            first_change=found[0].at if found else None,
            mitigated=found[-1].at if found else None,
        )
        return Score(timings=times, series=series(samples, happened), deeds=found)
    finally:
        world.stop()


def deeds(calls: Mapping[str, Any], world: Arena) -> Iterator[Deed]:
    """Every change that somebody made through either API half, oldest first."""
    rows = [call for half in ("aws", "kubernetes") for call in calls[half] if call["mutating"]]
    for call in sorted(rows, key=lambda row: str(row["time"])):
        who = str(call.get("user_agent", "")).split("/")[0] or "somebody"
        if who in _OURS:
            continue
        at = (parse_stamp(str(call["time"])) - world.began).total_seconds()
        if at >= 0:
            yield Deed(at=round(at, 1), what=_what(call), who=who)


def _what(call: Mapping[str, Any]) -> str:
    if "operation" in call:
        text = f"{call['service']}:{call['operation']}"
    else:
        text = f"{call['method']} {call['path']}"
    status = call.get("status", 0)
    return text if 200 <= status < 300 else f"{text} (answered {status})"  # noqa: PLR2004  # of HTTP


def _watch(context: Context, world: Arena, rehearsal: Rehearsal, clock: Clock) -> None:
    """Page once something is wrong; return when it is right again, or nobody goes on."""
    paged = False
    try:
        while world.elapsed() < rehearsal.lasts:
            clock.sleep(LOOK_EVERY)
            happened, samples = world.tell(), world.samples()
            if not paged and happened and samples and _hurts(samples):
                paged = True
                failed = outages(happened, world.elapsed())
                context.err.show(alert.page(failed, samples[0], samples[-1]))
            if series(samples, happened).totals.recovered is not None:
                return
    except KeyboardInterrupt:
        context.err.show(alert.stopped())


def _hurts(samples: list[Sample]) -> bool:
    return sum(samples[-1].ready.values()) < sum(samples[0].ready.values())
