"""``k8s.node.cordon``: no new pods on the nodes of a zone, of a group, or by name.

All of them are cordoned before the first pod leaves, or the pods that leave one node
come back on the next. The unschedulable taint, which the node controller adds, also takes the zone
out of spread constraints with ``nodeTaintsPolicy: Honor``. Source: kubectl ``pkg/drain/cordon.go``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import which_nodes
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import side_effects
from sopctl.facts.objects import meta, node
from sopctl.facts.objects.lookup import IN_FLIGHT, lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers import json_patch, k8s_writes

KIND = "k8s.node"
EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
OURS = "sopctl"  # the node termination handler and EKS set the same label, each with its own value

ASK_AGAIN = 5.0  # seconds
_CORDON = ("spec", "unschedulable")
_LABEL = ("metadata", "labels", EXCLUDE)
_PATHS = {".".join(_CORDON): _CORDON, ".".join(_LABEL): _LABEL}

LEAVING = (
    "ToBeDeletedByClusterAutoscaler",
    "karpenter.sh/disrupted",
    "aws-node-termination-handler/",
)
"""Taints, or their beginnings, of those who cordon a node because it is about to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone* is a name or an id; *group* an Auto Scaling group, node group or NodePool.

    *exclude_from_load_balancers* also labels the nodes so that load balancers with instance
    targets leave them (service controllers, AWS load balancer controller).
    """

    zone: str = ""
    group: str = ""
    nodes: tuple[str, ...] = ()
    exclude_from_load_balancers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The value of a field that is there."""

    value: bool | str


def select(clients: World, params: Params) -> Selection:
    found, nodes = which_nodes.chosen(
        clients, zone=params.zone, group=params.group, names=params.nodes
    )
    paths = (_LABEL, _CORDON) if params.exclude_from_load_balancers else (_CORDON,)
    ids = tuple(
        ResourceId(KIND, each.name, each.uid, ".".join(path)) for each in found for path in paths
    )
    lost = sum(1 for each in nodes if not each.zone) if params.zone else 0
    notes = (f"{lost} nodes without a zone label are left alone",) if lost else ()
    return Selection(ids, len(nodes), notes)


def observe(
    clients: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Field]]:
    found = lookup(clients.k8s, ids)
    return {each: _observed(each, obj) for each, obj in found.items()}


def _observed(resource: ResourceId, obj: Obj) -> Observed[Field]:
    seen = node.read(obj)
    inner: Obj = obj
    *parents, last = _PATHS[resource.part]
    for key in parents:
        inner = inner.get(key) or {}
    return Observed(
        Field(value=inner[last]) if last in inner else ABSENT,
        evidence={
            "leaving": [t for t in seen.taints if t.startswith(LEAVING)],
            "ready": seen.ready,
        },
        version=meta.version(obj),
    )


def desire(params: Params, resource: ResourceId, observed: Observed[Field]) -> Field | Absent:
    if resource.part == ".".join(_CORDON):
        return Field(value=True)
    return observed.state if observed.state is not ABSENT else Field(value=OURS)


def order(changes: Sequence[Change[Field]]) -> Sequence[Sequence[Change[Field]]]:
    """Out of the load balancers first; on the way back, schedulable first."""
    parts = {each.resource.part for each in changes if each.after is not ABSENT}
    sequence = (_LABEL, _CORDON) if parts else (_CORDON, _LABEL)
    batches = (
        [each for each in changes if each.resource.part == ".".join(path)] for path in sequence
    )
    return [batch for batch in batches if batch]


def converge(call: Call, clients: World, changes: Sequence[Change[Field]]) -> Converged:
    for change in changes:
        yield change.resource, _write(call, clients, change)


def _write(call: Call, clients: World, change: Change[Field]) -> Receipt:
    leaving = change.before.evidence.get("leaving") or ()
    path = _PATHS[change.resource.part]
    if path == _CORDON and change.after is ABSENT and isinstance(leaving, list) and leaving:
        why = f"{change.resource.name} is about to be removed: {', '.join(map(str, leaving))}"
        # It is gone in a moment, and nothing is left to restore; or it stays after all.
        return Receipt(kind=ReceiptKind.NOT_YET, why=why, after=ASK_AGAIN)
    return k8s_writes.patch(call, clients.k8s, change.resource, _operations(change, path))


def _operations(change: Change[Field], path: tuple[str, ...]) -> Sequence[json_patch.Operation]:
    where = json_patch.pointer(*path)
    operations = json_patch.same_object(change.resource.incarnation, change.before.version)
    if change.before.state is not ABSENT:
        operations.append(json_patch.test(where, change.before.state.value))
    if change.after is ABSENT:
        return [*operations, json_patch.remove(where)]
    return [*operations, json_patch.add(where, change.after.value)]


ACTION = Action(
    id="k8s.node.cordon",
    summary="Keep new pods off the nodes of a zone, of a group, or by name.",
    kind=KIND,
    params=Params,
    state=Field,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    order=order,
    marker=AnnotationMarker("cordon"),
    touch=fence.touch,
    side_effects=side_effects.of_cordons,
    concurrency=IN_FLIGHT,
    permissions=(
        "k8s:list nodes",
        "k8s:get nodes",
        "k8s:patch nodes",
        "k8s:list pods",
    ),
    only_with={
        "zone": ("ec2:DescribeAvailabilityZones",),
        "group": ("autoscaling:DescribeAutoScalingGroups",),
    },
)
