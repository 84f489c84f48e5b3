"""``ready.version``: the autoscaler is of the cluster's minor version, one apart at most.

It simulates the scheduler with the code of its own version. Source: kubernetes/autoscaler,
cluster-autoscaler/README.md, "Releases".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*apart*: minor versions."""

    apart: int = 1


def look(world: World, params: Params) -> Verdict:
    major, minor = world.facts.server_version()
    found = [each for each in world.facts.autoscalers() if each.version]
    rows = tuple(
        f"{each.namespace}/{each.name} is of {each.version}, the cluster of {major}.{minor}"
        for each in found
        if abs(int(each.version.split(".")[1]) - minor) > params.apart
    )
    detail = "an autoscaler is of another version" if rows else f"it fits {major}.{minor}"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(found))


CHECK: Check[Params] = Check(
    id="ready.version",
    summary="The autoscaler is of the cluster's minor version, one apart at most.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps", "k8s:get /version"),
    readiness=Readiness(
        row="CA1",
        severity=Severity.WARNING,
        why="It decides with its own version's scheduler, and adds nodes that do not fit.",
        fix="Use the image of the cluster's minor version.",
    ),
)
