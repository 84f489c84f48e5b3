"""``k8s.controllers.placed``: no controller of the cluster runs in one zone only.

On EKS nobody evicts the pods of a zone that failed as a whole. An autoscaler, a DNS server or a
webhook that has all its pods there is gone until somebody moves it, and everything after needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.facts.objects import meta, node, pod, workload
from sopctl.facts.objects.pod import Pod
from sopctl.facts.objects.workload import Workload
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or an id. *namespaces* are those that controllers live in."""

    zone: str
    namespaces: tuple[str, ...] = ("kube-system",)


def look(world: World, params: Params) -> Verdict:
    nodes = world.k8s.each("/api/v1/nodes", node.read)
    zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
    outside = {each.name for each in nodes if each.zone != zone}
    pods: dict[str, list[Pod]] = {}
    for namespace in params.namespaces:
        path = f"/api/v1/namespaces/{namespace}/pods"
        pods[namespace] = world.k8s.each(path, pod.read)
    controllers = [
        each
        for each in workload.of_cluster(world.k8s)
        if each.namespace in pods and each.replicas > 0
    ]
    rows = tuple(
        row for each in controllers if (row := _lonely(each, pods, outside, zone)) is not None
    )
    if rows:
        detail = f"{len(rows)} controllers have no ready pod outside {zone}"
        return Verdict(holds=False, detail=detail, rows=rows)
    detail = f"each of {len(controllers)} controllers has a ready pod outside {zone}"
    return Verdict(holds=True, detail=detail)


def _lonely(
    each: Workload, pods: Mapping[str, Sequence[Pod]], outside: Collection[str], zone: str
) -> str | None:
    """Why a controller does not survive the zone, or None."""
    ours = [p for p in pods[each.namespace] if meta.selects(each.selector, p.labels)]
    alive = [p for p in ours if not p.terminating and not p.finished]
    if any(p.ready and p.node in outside for p in alive):
        return None
    inside = sum(bool(p.node) and p.node not in outside for p in alive)
    return f"{each.name}: {inside} of {each.replicas} pods are in {zone}, none is ready elsewhere"


CHECK: Check[Params] = Check(
    id="k8s.controllers.placed",
    summary="Every controller of the cluster has a ready pod outside the zone.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
    ),
)
