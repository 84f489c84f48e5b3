"""``ready.headroom``: there is room that is given away when something more important needs it.

Pods that only pause, of a priority below every workload's and not below -10, which the autoscaler
ignores; or a CapacityBuffer. Source: kubernetes/autoscaler FAQ, "How can I configure
overprovisioning with Cluster Autoscaler?", expendable-pods-priority-cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.core.errors import NotFoundError
from sopctl.facts.world import World

_BUFFERS = "/apis/autoscaling.x-k8s.io/v1beta1/capacitybuffers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*cutoff*: below this priority the autoscaler neither counts nor replaces a pod."""

    cutoff: int = -10


def look(world: World, params: Params) -> Verdict:
    """Room in every zone, because any of them may be the one that is lost."""
    zone_of = {each.name: each.zone for each in world.facts.nodes() if each.zone}
    pause = [
        each
        for each in world.facts.pods()
        if params.cutoff <= each.priority < 0 and not each.finished
    ]
    ignored = sum(each.priority < params.cutoff for each in world.facts.pods())
    buffers = _buffers(world)
    if not pause and not buffers:
        rows = (f"{ignored} pods have a priority below {params.cutoff}",) if ignored else ()
        return Verdict(holds=False, detail="no room is kept back", rows=rows)
    empty = sorted(set(zone_of.values()) - {zone_of.get(each.node, "") for each in pause})
    detail = f"{len(pause)} pods keep room back, and {buffers} capacity buffers"
    missing = tuple(f"none of them is in {zone}" for zone in empty) if not buffers else ()
    return Verdict(holds=not missing, detail=detail, rows=missing)


def _buffers(world: World) -> int:
    try:
        return len(world.k8s.list(_BUFFERS))
    except NotFoundError:
        return 0


CHECK: Check[Params] = Check(
    id="ready.headroom",
    summary="Room is kept back in every zone for what is more important.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
        "k8s:list capacitybuffers.autoscaling.x-k8s.io",
    ),
    readiness=Readiness(
        row="CC3",
        severity=Severity.WARNING,
        why="New nodes take minutes; room that is there already takes seconds.",
        fix="Run pause pods with priority -5 in each zone, or a CapacityBuffer.",
    ),
)
