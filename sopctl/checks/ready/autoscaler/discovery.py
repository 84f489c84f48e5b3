"""``ready.discovery``: the autoscaler discovers its groups by tags, and is given none by name.

A group given by ``--nodes`` cannot be taken out of it by a tag.
Source: kubernetes/autoscaler, cloudprovider/aws/auto_scaling_groups.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    found = world.facts.autoscalers()
    if not found:
        return Verdict(holds=True, detail="no cluster autoscaler runs here", applies=False)
    rows = [
        f"{each.namespace}/{each.name} is given {name} by name (--nodes)"
        for each in found
        for name in each.explicit
    ]
    rows += [f"{e.namespace}/{e.name} discovers nothing" for e in found if not e.discovery]
    detail = f"{len(found)} autoscalers discover their groups by tags"
    if rows:
        detail = "groups are given by name, or not at all"
    return Verdict(holds=not rows, detail=detail, rows=tuple(rows))


CHECK: Check[Params] = Check(
    id="ready.discovery",
    summary="The autoscaler discovers its groups by tags.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps",),
    readiness=Readiness(
        row="CA2",
        severity=Severity.CRITICAL,
        why="A group that is given by name cannot be taken out of the autoscaler by a tag.",
        fix="Use --node-group-auto-discovery with k8s.io/cluster-autoscaler/enabled, not --nodes.",
    ),
)
