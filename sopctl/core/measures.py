"""What is measured of a world in a drill: samples on its clock, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Counts = Mapping[str, int]
FAILS = ("zone outage: ", "gray failure: ")
HEALS = "heal: "
STEADY = 4  # samples in a row
ENOUGH = 0.95  # of the pods


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A world at one moment.

    ``at`` is in seconds since the timeline began. ``nodes`` counts Ready nodes by "zone/lifecycle"
    (spot or normal), ``ready`` Ready pods by zone, ``pending`` pods without a node by reason,
    ``unready`` those on a node that are not Ready, and ``replicas`` what workloads ask for; the
    daemons of nodes are not counted. The rest are totals since the timeline began: instances
    launched, launches that failed (by zone), instances terminated (by zone), pods that are no more,
    and requests ``offered`` and ``lost``. ``wished`` is what groups of a single zone want, by zone.
    """

    at: float
    nodes: Counts
    ready: Counts
    pending: Counts
    unready: int
    replicas: int
    launched: Counts
    failed: Counts
    terminated: Counts
    gone: int
    offered: float = 0.0
    lost: float = 0.0
    wished: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Happened:
    """Something of the timeline, *at* seconds after it began."""

    at: float
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A zone that failed, from when to when, in seconds after the timeline began."""

    zone: str
    start: float
    end: float
    gray: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a series adds up to.

    ``pending_minutes`` are of pods without a node, ``unready_minutes`` of those on one that are not
    Ready. ``dead_launches`` counts launches into a failed zone, tried or done. ``recovered`` is
    from when on nearly as many pods (ENOUGH) as at the start were Ready again, or as are wanted,
    for a while (STEADY), if it was ``hurt``, less than that, at all; the last few may have to wait
    for their zone, as databases do.
    """

    pending_minutes: float = 0.0
    unready_minutes: float = 0.0
    most_pending: int = 0
    dead_launches: int = 0
    launched: int = 0
    failed: int = 0
    terminated: int = 0
    gone: int = 0
    offered: float = 0.0
    lost: float = 0.0
    hurt: bool = False
    recovered: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The samples of one world, and what happened in it."""

    samples: tuple[Sample, ...] = ()
    happened: tuple[Happened, ...] = ()
    totals: Totals = field(default_factory=Totals)


def outages(happened: Sequence[Happened], end: float) -> tuple[Outage, ...]:
    """Every failure of a zone in *happened*; what never healed lasts to the *end*."""
    found = []
    for index, each in enumerate(happened):
        kind = next((prefix for prefix in FAILS if each.what.startswith(prefix)), "")
        if not kind:
            continue
        zone = each.what.removeprefix(kind)
        healed = (h.at for h in happened[index:] if h.what == HEALS + zone)
        gray = kind == FAILS[1]
        found.append(Outage(zone=zone, start=each.at, end=next(healed, end), gray=gray))
    return tuple(found)


def series(samples: Sequence[Sample], happened: Sequence[Happened]) -> Series:
    """The samples with their totals."""
    if not samples:
        return Series(happened=tuple(happened))
    failures = outages(happened, samples[-1].at)
    last = samples[-1]
    totals = Totals(
        pending_minutes=_minutes(samples, [sum(each.pending.values()) for each in samples]),
        unready_minutes=_minutes(samples, [each.unready for each in samples]),
        most_pending=max(sum(each.pending.values()) for each in samples),
        dead_launches=sum(_tried(samples, each) for each in failures),
        launched=sum(last.launched.values()),
        failed=sum(last.failed.values()),
        terminated=sum(last.terminated.values()),
        gone=last.gone,
        offered=last.offered,
        lost=last.lost,
        hurt=not all(_fine(samples)),
        recovered=_recovered(samples, happened),
    )
    return Series(samples=tuple(samples), happened=tuple(happened), totals=totals)


def _minutes(samples: Sequence[Sample], counts: Sequence[int]) -> float:
    """What *counts* add up to over time; each holds until the next sample."""
    spans = (after.at - before.at for before, after in pairwise(samples))
    return round(sum(n * span for n, span in zip(counts, spans, strict=False)) / 60, 1)


def _tried(samples: Sequence[Sample], outage: Outage) -> int:
    """Launches into the zone of *outage* while it lasted."""
    inside = [each for each in samples if outage.start <= each.at <= outage.end]
    if not inside:
        return 0
    first, last, zone = inside[0], inside[-1], outage.zone
    return (last.failed.get(zone, 0) - first.failed.get(zone, 0)) + (
        last.launched.get(zone, 0) - first.launched.get(zone, 0)
    )


def _fine(samples: Sequence[Sample]) -> list[bool]:
    """Of each sample, whether nearly all that ran at the start, or is wanted, runs."""
    whole = sum(samples[0].ready.values())
    return [sum(each.ready.values()) >= ENOUGH * min(whole, each.replicas) for each in samples]


def _recovered(samples: Sequence[Sample], happened: Sequence[Happened]) -> float | None:
    """From when on everything ran again, until something else happened or to the end."""
    start = next((each.at for each in happened), None)
    if start is None:
        return None
    whole = sum(samples[0].ready.values())
    fine = [sum(each.ready.values()) >= ENOUGH * min(whole, each.replicas) for each in samples]
    hurt = False
    for index, each in enumerate(samples):
        hurt = hurt or (each.at >= start and not fine[index])
        if hurt and all(fine[index : index + STEADY]):
            return each.at
    return None
