"""Holding a drill: both worlds side by side, and the record of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sopctl
from sopctl.cli.context import Context
from sopctl.cli.drills import by_hand, rehearsal
from sopctl.cli.drills.rehearsal import Rehearsal
from sopctl.core.clock import SystemClock, stamp
from sopctl.core.codec import Json
from sopctl.core.drill import Drill
from sopctl.core.measures import Happened
from sopctl.sandbox.scenario.model import Scenario
from sopctl.views import drill as view


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is drilled, where, and whether *alone*: without the world in which nobody acts."""

    id: str
    runbook: str
    scenario: Scenario
    params: Mapping[str, Json]
    alone: bool = False
    rate: float = 1.0


def auto(context: Context, wish: Wish) -> Drill:
    """The drill runs the runbook and answers its gates."""
    clock = SystemClock()
    started = clock.now()
    rehearsed = _rehearsal(context, wish)
    digest = rehearsal.check(rehearsed, context.app)
    result, base = (rehearsed.with_sop(), None) if wish.alone else rehearsed.both()
    return Drill(
        id=wish.id,
        runbook=wish.runbook,
        digest=digest,
        scenario=wish.scenario.name,
        params={**rehearsed.plan.params, **wish.params},
        mode="auto",
        held=stamp(started),
        version=sopctl.__version__,
        took=round((clock.now() - started).total_seconds(), 1),
        outcome=result.outcome,
        back=result.back,
        runs=result.runs,
        timings=result.timings,
        differences=result.differences,
        sop=result.series,
        base=base,
    )


def hands_on(context: Context, wish: Wish) -> Drill:
    """The engineer acts, in a world that runs; then the same timeline without anybody."""
    clock = SystemClock()
    started = clock.now()
    rehearsed = _rehearsal(context, wish)
    digest = rehearsal.check(rehearsed, context.app)
    score = by_hand.hold(context, rehearsed, wish.rate)
    base = None if wish.alone else rehearsed.without_sop()
    return Drill(
        id=wish.id,
        runbook=wish.runbook,
        digest=digest,
        scenario=wish.scenario.name,
        params={**rehearsed.plan.params, **wish.params},
        mode="hands-on",
        held=stamp(started),
        version=sopctl.__version__,
        took=round((clock.now() - started).total_seconds(), 1),
        outcome="done" if score.series.totals.recovered is not None else "not recovered",
        back="done",
        timings=score.timings,
        sop=score.series,
        base=base,
        deeds=score.deeds,
    )


def _rehearsal(context: Context, wish: Wish) -> Rehearsal:
    from sopctl.cli.main import execute  # noqa: PLC0415  # it imports every command by name

    return Rehearsal(
        scenario=wish.scenario,
        runbook=wish.runbook,
        params=wish.params,
        settings=rehearsal.own(context.app.settings, wish.id),
        execute=execute,
        follow=follower(context),
    )


def follower(context: Context) -> Callable[[Happened], None]:
    """Says what happens, as it happens."""
    return lambda happened: context.err.show([view.moment(happened)])
