"""``ready.share``: no workload has all of its replicas on spot.

Source: EC2 user guide, "Best practices for Amazon EC2 Spot"; Ctrip, 2.4.2 (spread over kinds of
purchase, with a floor on demand).
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs, owned, purchase
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*most*: percent of a workload's pods on spot; *floor*: pods that have to be elsewhere."""

    most: int = 80
    floor: int = 1
    except_namespaces: tuple[str, ...] = ("kube-system",)


def look(world: World, params: Params) -> Verdict:
    kind = {each.name: purchase.of(each.labels) for each in world.facts.nodes()}
    placed = [each for each in world.facts.pods() if each.node in kind and not each.finished]
    ours = [
        each
        for each in world.facts.templates()
        if each.replicas > 1 and each.namespace not in params.except_namespaces
    ]
    theirs = owned.pods_of(ours, placed)
    rows = []
    for each in sorted(ours, key=lambda one: one.name):
        kinds = [kind[pod.node] for pod in theirs[each.uid]]
        spot = kinds.count("spot")
        if spot * 100 > len(kinds) * params.most or (spot and len(kinds) - spot < params.floor):
            rows.append(f"{each.name} has {spot} of {len(kinds)} pods on spot nodes")
    detail = f"{len(rows)} of {len(ours)} workloads have too much on spot nodes"
    applies = bool(ours) and "spot" in kind.values()
    return Verdict(holds=not rows, detail=detail, rows=tuple(rows), applies=applies)


CHECK: Check[Params] = Check(
    id="ready.share",
    summary="No workload has all of its replicas on spot.",
    params=Params,
    look=look,
    permissions=needs.of("nodes", "pods", "workloads"),
    readiness=Readiness(
        row="SP8",
        severity=Severity.WARNING,
        why="A surge of interruptions takes all of it at once.",
        fix="Spread it over karpenter.sh/capacity-type or your label, or keep a Deployment of it "
        "on demand.",
    ),
)
