"""``k8s.controllers.move``: have controllers that run only in a zone started elsewhere.

Everything after depends on them: an autoscaler, a DNS server or a webhook in a silent zone is
gone until somebody moves it, because EKS evicts nobody from a zone that failed as a whole. Their
pods are deleted; a Deployment does not count a terminating pod and makes another at once, which
no node of the zone takes: they are unreachable, or cordoned. Pods of StatefulSets are left: the
name is taken until the kubelet answers.
Source: AWS, EKS best practices, "Kubernetes pod failover through network disconnections".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sopctl.core.action import Action, Call, Change, Converged, Effect, Receipt, Seen, Undo
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta, node, pod, workload
from sopctl.facts.objects.lookup import IN_FLIGHT, lookup
from sopctl.facts.objects.pod import Pod
from sopctl.facts.objects.workload import Workload
from sopctl.facts.world import World
from sopctl.providers import k8s_writes
from sopctl.providers.k8s_paths import collection

KIND = "k8s.pod"
WITHIN = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or an id. *namespaces* are those that controllers live in."""

    zone: str
    namespaces: tuple[str, ...] = ("kube-system",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The pod is there, on *node*."""

    node: str


def select(world: World, params: Params) -> Selection:
    """The pods of Deployments that have no ready pod outside the zone."""
    nodes = world.k8s.each(collection("k8s.node"), node.read)
    zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
    inside = {each.name for each in nodes if each.zone == zone}
    open_ones = sum(e.name in inside and e.ready and not e.unschedulable for e in nodes)
    pods = [
        each
        for namespace in params.namespaces
        for each in world.k8s.each(collection(KIND, namespace), pod.read)
    ]
    everyone = [e for e in workload.of_cluster(world.k8s) if e.namespace in params.namespaces]
    lost = [each for each in everyone if each.replicas and _lost(each, pods, inside)]
    movable = [each for each in lost if each.kind == "k8s.deployment"]
    ids = sorted(
        ResourceId(KIND, each.full_name, each.uid)
        for owner in movable
        for each in _of(owner, pods)
        if each.node in inside and not each.terminating
    )
    stuck = ", ".join(each.name for each in lost if each not in movable)
    notes = [f"{stuck}: left alone, because its pods keep their names."] if stuck else []
    if ids and open_ones:
        notes.append(f"{open_ones} nodes of {zone} still take pods: cordon them first.")
    return Selection(tuple(ids), len(pods), tuple(notes))


def _of(owner: Workload, pods: Sequence[Pod]) -> list[Pod]:
    return [
        each
        for each in pods
        if each.namespace == owner.namespace and meta.selects(owner.selector, each.labels)
    ]


def _lost(owner: Workload, pods: Sequence[Pod], inside: Collection[str]) -> bool:
    """No ready pod elsewhere, and one at least in the zone."""
    ours = _of(owner, pods)
    elsewhere = any(e.ready and e.node and e.node not in inside for e in ours)
    return not elsewhere and any(e.node in inside for e in ours)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Placed]]:
    """A pod that is on its way out counts as absent: its owner has made another."""
    found = lookup(world.k8s, ids)
    return {
        each: Observed(Placed(node=pod.read(obj).node), version=meta.version(obj))
        if (obj := found.get(each)) is not None and not meta.terminating(obj)
        else Observed(ABSENT)
        for each in ids
    }


def desire(params: Params, resource: ResourceId, observed: Observed[Placed]) -> Placed | Absent:
    return ABSENT


def converge(call: Call, world: World, changes: Sequence[Change[Placed]]) -> Converged:
    for each in changes:
        yield each.resource, _delete(call, world, each)


def _delete(call: Call, world: World, change: Change[Placed]) -> Receipt:
    uid, version = change.resource.incarnation, change.before.version
    return k8s_writes.delete(call, world.k8s, change.resource, uid=uid, version=version)


def look(
    world: World, params: Params, changes: Sequence[Change[Placed]], changed_at: datetime
) -> Seen:
    """Is there a ready pod outside the zone again for each?"""
    left = select(world, params)
    waiting = [each.name for each in left.ids]
    if waiting:
        return Seen(ok=False, detail=f"still only in the zone: {', '.join(waiting)}")
    return Seen(ok=True, detail="each controller has a ready pod outside the zone")


ACTION: Action[Params, Placed] = Action(
    id="k8s.controllers.move",
    summary="Have controllers that run only in a zone started elsewhere.",
    kind=KIND,
    params=Params,
    state=Placed,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(
        describe="each controller has a ready pod outside the zone", look=look, within=WITHIN
    ),
    undo=Undo.OWNER_RECREATES,
    concurrency=IN_FLIGHT,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
        "k8s:get pods",
        "k8s:delete pods",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
    ),
)
