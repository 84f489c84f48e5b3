"""Zonal shifts in force on what belongs to the cluster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sopctl.core.clock import parse_stamp
from sopctl.core.overview import Away
from sopctl.facts import shifts
from sopctl.facts.shifts import Managed, Shift
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
    """One for each zone, end and comment, the first to end first."""
    rows: dict[Shift, list[str]] = defaultdict(list)
    for each in shifted:
        if each.shift is not None:
            alike = Shift(
                id="",
                away_from=each.shift.away_from,
                until=each.shift.until,
                comment=each.shift.comment,
            )
            rows[alike].append(f"{_WORDS[each.kind]} {each.name}")
    found = [_away(shift, names, now) for shift, names in rows.items()]
    return tuple(sorted(found, key=lambda each: (each.zone, each.until or "~", each.comment)))


def _away(shift: Shift, names: list[str], now: datetime) -> Away:
    left = (parse_stamp(shift.until) - now).total_seconds() if shift.until else None
    return Away(
        zone=shift.away_from,
        resources=tuple(sorted(names)),
        until=shift.until,
        left=left,
        comment=shift.comment,
    )
