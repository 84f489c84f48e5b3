"""``ready.patience``: the autoscaler gives up on a group soon, and its halt was looked at.

A launch that does not come blocks its group until the time is over. With more than 45 percent of
the nodes unready, and more than three, it halts altogether: with two zones, one is more.
Source: kubernetes/autoscaler FAQ, "max-node-provision-time", "max-total-unready-percentage".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.world import World
from sopctl.notation import duration

_DEFAULT = "15m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*most*: seconds for a node to come."""

    most: int = 900


def look(world: World, params: Params) -> Verdict:
    counts = Counter(each.zone for each in world.facts.nodes() if each.zone)
    found = world.facts.autoscalers()
    rows = tuple(row for each in found for row in _troubles(each, counts, params.most))
    detail = "an autoscaler would wait or halt too long" if rows else "it gives up and goes on"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(found))


def _troubles(autoscaler: Autoscaler, nodes: Counter[str], most: int) -> Iterator[str]:
    given = autoscaler.flags.get("max-node-provision-time", _DEFAULT)
    if _seconds(given) > most:
        yield f"{autoscaler.name} waits {given} for a node (--max-node-provision-time)"
    total, largest = sum(nodes.values()), max(nodes.values(), default=0)
    percent = 100 * largest / total if total else 0
    if (
        percent > autoscaler.max_total_unready_percentage
        and largest > autoscaler.ok_total_unready_count
    ):
        limit = f"{autoscaler.max_total_unready_percentage:g} %"
        yield f"{autoscaler.name} halts above {limit} unready, and one zone has {percent:.0f} %"


def _seconds(text: str) -> int:
    """A duration of Go such as 15m0s, as far as it is one of ours; else none."""
    try:
        return int(duration.seconds(text.removesuffix("0s") if text.endswith("m0s") else text))
    except ValueError:
        return 0


CHECK: Check[Params] = Check(
    id="ready.patience",
    summary="The autoscaler gives up on a group soon, and does not halt when a zone is lost.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps", "k8s:list nodes"),
    readiness=Readiness(
        row="CA6",
        severity=Severity.WARNING,
        why="While it waits or has halted, it grows nothing anywhere.",
        fix="--max-node-provision-time=10m; with two zones --max-total-unready-percentage=60.",
    ),
)
