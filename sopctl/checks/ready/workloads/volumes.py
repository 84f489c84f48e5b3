"""``ready.volumes``: what has volumes runs on demand, and it is known which zones they are in.

A volume of EBS stays in its zone; a pod that has one can go nowhere else, and an interruption of
its node is an outage of it. Source: EBS user guide; kubernetes.io, "Persistent Volumes", node
affinity; Ctrip, 2.3.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import purchase
from sopctl.facts.objects import volumes
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    bound = [each for each in world.facts.pods() if each.claims and not each.finished]
    spot = {each.name for each in world.facts.nodes() if purchase.of(each.labels) == "spot"}
    rows = tuple(
        f"{each.full_name} has a volume, and runs on the spot node {each.node}"
        for each in sorted(bound, key=lambda one: one.full_name)
        if each.node in spot
    )
    zones = Counter(
        zone for some in volumes.zones_by_claim(world.k8s).values() for zone in sorted(some)
    )
    where = ", ".join(f"{count} in {zone}" for zone, count in sorted(zones.items()))
    detail = f"{len(rows)} of {len(bound)} pods with volumes run on spot nodes"
    detail += f"; volumes: {where}" if where else ""
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(bound))


CHECK: Check[Params] = Check(
    id="ready.volumes",
    summary="What has volumes runs on demand.",
    params=Params,
    look=look,
    permissions=("k8s:list nodes", "k8s:list pods", "k8s:list persistentvolumes"),
    readiness=Readiness(
        row="WL8",
        severity=Severity.CRITICAL,
        why="A pod with a volume can only run in one zone: an interruption there is its outage.",
        fix="Keep it off spot with a nodeSelector, and replicate its data over zones.",
    ),
)
