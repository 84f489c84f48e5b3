"""Zonal shifts in force on what belongs to the cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sopctl.core.clock import parse_stamp
from sopctl.core.overview import Away
from sopctl.facts import shifts
from sopctl.facts.shifts import Managed
from sopctl.facts.snapshot import Snapshot
from sopctl.providers.aws import Aws

_WORDS: Final = {"load_balancer": "load balancer", "cluster": "cluster", "group": "group"}


def of_cluster(aws: Aws, facts: Snapshot) -> tuple[Managed, ...]:
    """The resources of the cluster that are shifted now; raises what AWS raises.

    Whose a load balancer is takes four reads: they are made only while one is shifted at all.
    """
    shifted = [each for each in shifts.read(aws).values() if each.shift is not None]
    if not shifted:
        return ()
    ours = {group.arn for group in facts.groups()}
    if any(each.kind == "load_balancer" for each in shifted):
        ours |= {balancer.arn for balancer in facts.balancers()}
    end = f":cluster/{facts.cluster_name()}"
    return tuple(each for each in shifted if each.arn in ours or each.arn.endswith(end))


def away(shifted: Iterable[Managed], now: datetime) -> tuple[Away, ...]:
    """One for each zone and run (or comment), the first to end first."""
    rows: dict[tuple[str, str], list[Managed]] = defaultdict(list)
    for each in shifted:
        if each.shift is not None:
            rows[each.shift.away_from, each.shift.comment].append(each)
    found = [_away(zone, comment, some, now) for (zone, comment), some in rows.items()]
    return tuple(sorted(found, key=lambda each: (each.until or "~", each.zone, each.comment)))


def _away(zone: str, comment: str, some: Sequence[Managed], now: datetime) -> Away:
    """Those of one run begin seconds apart: what counts is when the first of them ends."""
    until = min((each.shift.until or "~" for each in some if each.shift), default="~").strip("~")
    return Away(
        zone=zone,
        resources=tuple(sorted(f"{_WORDS[each.kind]} {each.name}" for each in some)),
        until=until,
        left=(parse_stamp(until) - now).total_seconds() if until else None,
        comment=comment,
    )
