"""``ready.scaling``: no autoscaler of pods goes down to one, and each says how fast it goes down.

Source: kubernetes.io, "Horizontal Pod Autoscaling", behavior.scaleDown; Ctrip, 2.4.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.workloads import Hpa
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*least*: the minimum that an autoscaler may have."""

    least: int = 2


def look(world: World, params: Params) -> Verdict:
    found = world.facts.hpas()
    rows = tuple(
        f"{each.namespace}/{each.name} {trouble}"
        for each in sorted(found, key=lambda one: (one.namespace, one.name))
        for trouble in _troubles(each, params.least)
    )
    detail = f"{len(rows)} settings of {len(found)} autoscalers of pods are not as they should be"
    detail = detail if rows else f"{len(found)} autoscalers of pods keep two, and go down slowly"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(found))


def _troubles(hpa: Hpa, least: int) -> Iterator[str]:
    if hpa.min < least:
        yield f"may go down to {hpa.min}"
    if not hpa.paced:
        yield "says nothing about scaling down"


CHECK: Check[Params] = Check(
    id="ready.scaling",
    summary="Autoscalers of pods keep two, and say how fast they go down.",
    params=Params,
    look=look,
    permissions=("k8s:list horizontalpodautoscalers.autoscaling",),
    readiness=Readiness(
        row="WL11",
        severity=Severity.WARNING,
        why="Traffic dips with a zone, and what is scaled in then is missing when it is back.",
        fix="Set minReplicas to 2 or more, and behavior.scaleDown.",
    ),
)
