"""``ready.spread``: workloads with several replicas are spread over zones, and can be relaxed.

``minDomains`` as large as the number of zones keeps pods pending when one of them is gone;
``nodeTaintsPolicy: Honor`` lets a cordoned zone stop being a domain by itself.
Source: kubernetes.io, "Pod Topology Spread Constraints"; Ctrip, 2.4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.objects import spread
from sopctl.facts.objects.workload import Workload
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_namespaces* are not looked at."""

    except_namespaces: tuple[str, ...] = ("kube-system",)


def look(world: World, params: Params) -> Verdict:
    zones = {each.zone for each in world.facts.nodes() if each.zone}
    ours = [
        each
        for each in world.facts.templates()
        if each.replicas > 1 and each.namespace not in params.except_namespaces
    ]
    rows = tuple(
        f"{each.name} {trouble}"
        for each in sorted(ours, key=lambda one: one.name)
        for trouble in _troubles(each, len(zones))
    )
    detail = f"{len(rows)} of {len(ours)} workloads with several replicas are not spread as meant"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(ours))


def _troubles(workload: Workload, zones: int) -> Iterator[str]:
    over = [
        each for each in spread.constraints(workload.spec) if each["topologyKey"] == spread.ZONE_KEY
    ]
    if not over and not _apart(workload):
        yield "says nothing about zones"
    for each in over:
        if int(each.get("minDomains") or 0) >= max(2, zones):
            yield f"asks for {each['minDomains']} zones (minDomains), and there are {zones}"


def _apart(workload: Workload) -> bool:
    """Whether its pods keep apart from each other by zone."""
    rules = (workload.spec.get("affinity") or {}).get("podAntiAffinity") or {}
    required = rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
    preferred = rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    terms = [*required, *(each.get("podAffinityTerm") or {} for each in preferred)]
    return any(each.get("topologyKey") == spread.ZONE_KEY for each in terms)


CHECK: Check[Params] = Check(
    id="ready.spread",
    summary="Workloads with several replicas are spread over zones, and can be relaxed.",
    params=Params,
    look=look,
    permissions=("k8s:list nodes", "k8s:list deployments.apps", "k8s:list statefulsets.apps"),
    readiness=Readiness(
        row="WL5",
        severity=Severity.WARNING,
        why="What is not spread can be lost whole with a zone; minDomains keeps it pending after.",
        fix="Add a constraint on topology.kubernetes.io/zone with nodeTaintsPolicy: Honor.",
    ),
)
