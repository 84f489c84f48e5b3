"""``ready.flags``: no flag of the autoscaler is one that its next version does not know.

An autoscaler that is given an unknown flag does not start. Source: kubernetes/autoscaler,
cluster-autoscaler/config/flags/flags.go and release notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World

_GOING: Final[Mapping[str, str]] = {
    "scale-down-enabled": "deprecated from 1.35 on: pause by annotation or per group",
    "max-empty-bulk-delete": "replaced by --max-scale-down-parallelism",
    "parallel-drain": "gone: it is always on",
    "gce-expander-ephemeral-storage-support": "gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    found = world.facts.autoscalers()
    rows = tuple(
        f"{each.name} has --{flag}, {why}"
        for each in found
        for flag, why in _GOING.items()
        if flag in each.flags
    )
    detail = f"{len(rows)} flags are on their way out" if rows else "no flag is on its way out"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(found))


CHECK: Check[Params] = Check(
    id="ready.flags",
    summary="No flag of the autoscaler is on its way out.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps",),
    readiness=Readiness(
        row="CA9",
        severity=Severity.INFO,
        why="With a flag that it does not know, the next version does not start.",
        fix="Remove the flags that are listed before the next update.",
    ),
)
