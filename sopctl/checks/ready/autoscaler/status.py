"""``ready.status``: the autoscaler says how it is, and did so a moment ago.

Runbooks see in its status whether it has dropped a group. Source: kubernetes/autoscaler,
cluster-autoscaler/clusterstate/utils/status.go; write-status-configmap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import autoscaler_status
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*oldest*: seconds since it was written."""

    oldest: int = 60


def look(world: World, params: Params) -> Verdict:
    found = world.facts.autoscalers()
    rows = tuple(row for each in found for row in _troubles(world, each, params.oldest))
    detail = "an autoscaler does not say how it is" if rows else "it said how it is a moment ago"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(found))


def _troubles(world: World, autoscaler: Autoscaler, oldest: int) -> Iterator[str]:
    if not autoscaler.status:
        yield f"{autoscaler.name} writes no status (--write-status-configmap=false)"
        return
    status = autoscaler_status.read(world.k8s, autoscaler)
    if status is None or status.updated is None:
        yield f"{autoscaler.name} has written no status that can be read"
        return
    age = (world.k8s.clock.now() - status.updated).total_seconds()
    if age > oldest:
        yield f"{autoscaler.name} wrote its status {age:.0f} s ago"


CHECK: Check[Params] = Check(
    id="ready.status",
    summary="The autoscaler says how it is, and did so a moment ago.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps", "k8s:get configmaps"),
    readiness=Readiness(
        row="CA7",
        severity=Severity.CRITICAL,
        why="An autoscaler that has stopped says nothing; nor can anybody see what it dropped.",
        fix="Look at its log and its lease; remove --write-status-configmap=false.",
    ),
)
