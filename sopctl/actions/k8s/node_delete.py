"""``k8s.node.delete``: delete the Node objects of a zone whose kubelets are silent.

It frees the pods, takes the zone out of spread constraints, and lowers the share of unready
nodes, above which the cluster autoscaler stops to scale anything (45 %). A machine that still
runs does not come back by itself: its kubelet has to be restarted, or the autoscaler terminates
it as unregistered after a quarter of an hour. Labels, taints and annotations of the node are
lost.
Source: kubernetes/autoscaler, clusterstate.go, IsClusterHealthy; kubernetes/kubernetes, podgc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind, Undo
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import meta, node
from sopctl.facts.objects.lookup import IN_FLIGHT, WINDOW, lookup
from sopctl.facts.world import World
from sopctl.providers import k8s_writes
from sopctl.providers.k8s_paths import collection

KIND = "k8s.node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or an id."""

    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A node that is there; *ready* is what its kubelet says."""

    ready: bool


def consent(params: Params) -> str:
    """Why a person has to agree."""
    return "deleted nodes do not come back; a machine that still runs has to be restarted"


def select(world: World, params: Params) -> Selection:
    nodes = world.k8s.each(collection(KIND), node.read)
    zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
    inside = [each for each in nodes if each.zone == zone]
    silent = [each for each in inside if not each.ready]
    left = len(inside) - len(silent)
    notes = (f"{left} nodes are left: their kubelets answer.",) if left and silent else ()
    return Selection(tuple(ResourceId(KIND, e.name, e.uid) for e in silent), len(nodes), notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Silent]]:
    """A deleted node is absent, not gone: absence is what is desired."""
    found = lookup(world.k8s, ids)
    return {
        each: Observed(Silent(ready=node.read(obj).ready), version=meta.version(obj))
        if (obj := found.get(each)) is not None
        else Observed(ABSENT)
        for each in ids
    }


def desire(params: Params, resource: ResourceId, observed: Observed[Silent]) -> Silent | Absent:
    """Absence; a node that answers again stays."""
    if observed.state is not ABSENT and observed.state.ready:
        return observed.state
    return ABSENT


def converge(call: Call, world: World, changes: Sequence[Change[Silent]]) -> Converged:
    for each in changes:
        yield each.resource, _delete(call, world, each)


def _delete(call: Call, world: World, change: Change[Silent]) -> Receipt:
    if change.after is not ABSENT:
        return Receipt(kind=ReceiptKind.REJECTED, why="a deleted node cannot be made again")
    uid, version = change.resource.incarnation, change.before.version
    return k8s_writes.delete(call, world.k8s, change.resource, uid=uid, version=version)


ACTION: Action[Params, Silent] = Action(
    id="k8s.node.delete",
    summary="Delete the nodes of a zone whose kubelets are silent.",
    kind=KIND,
    params=Params,
    state=Silent,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    consent=consent,
    undo=Undo.NONE,
    disruptive=True,
    concurrency=IN_FLIGHT,
    window=WINDOW,
    permissions=("k8s:list nodes", "k8s:get nodes", "k8s:delete nodes"),
)
