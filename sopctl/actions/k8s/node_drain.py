"""``k8s.node.drain``: evict the pods of a zone, of a group of nodes, or of nodes by name.

By the eviction API, which respects disruption budgets; the rules are kubectl's (``pkg/drain``), the
answers those of kubernetes ``pkg/registry/core/pod/storage/eviction.go``. EKS never evicts the pods
of a zone that failed as a whole, so that somebody has to.

A pod counts as gone once its deletion was accepted: on an unreachable node it stays Terminating
until the kubelet answers, while its ReplicaSet has already made another. There, pods that a
ReplicaSet replaces are deleted rather than evicted, because the unready pods of the zone use up
the very budget their eviction needs; pods of a StatefulSet are left alone, because nothing proves
that they do not still run. Nothing is ever force-deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sopctl.actions.k8s import drain_effect, drain_notes, drain_order, which_nodes
from sopctl.core.action import (
    Action,
    Call,
    Change,
    Converged,
    Effect,
    Receipt,
    ReceiptKind,
    Seen,
    Undo,
)
from sopctl.core.clock import parse_stamp
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import side_effects
from sopctl.facts.objects import node, pdb, pod, volumes
from sopctl.facts.objects.lookup import IN_FLIGHT, lookup
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod
from sopctl.facts.objects.volumes import Zones
from sopctl.facts.world import World
from sopctl.providers import k8s_writes
from sopctl.providers.k8s_paths import collection

KIND = "k8s.pod"
_STATELESS = "ReplicaSet"  # makes another pod while the old one may still run
_UNPROVED = "nothing proves that they stopped"
AGAIN = 5.0  # seconds until a pod that has to wait is asked for again, as kubectl drain does


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone* is a name or an id; *group* an Auto Scaling group, node group or NodePool.

    *deadline* (RFC 3339; empty: none) is when pods that still wait for a budget are given up, such
    as the end of an interrupted instance.

    The two consents are kubectl's ``--delete-emptydir-data`` and ``--force``: data that is lost,
    and pods that nobody makes again.
    """

    zone: str = ""
    group: str = ""
    nodes: tuple[str, ...] = ()
    except_namespaces: tuple[str, ...] = ()
    delete_empty_dir: bool = False
    delete_unmanaged: bool = False
    deadline: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A pod that was not asked to go."""

    node: str


def consent(params: Params) -> str:
    reasons = []
    if params.delete_empty_dir:
        reasons.append("the data in the emptyDir volumes of the pods is lost")
    if params.delete_unmanaged:
        reasons.append("pods without a controller are not made again")
    return "; ".join(reasons)


def _late(clients: World, params: Params) -> bool:
    """Whether the time to leave is over; RefusedError for what is no time."""
    if not params.deadline:
        return False
    try:
        return clients.k8s.clock.now() >= parse_stamp(params.deadline)
    except (ValueError, TypeError) as error:
        raise RefusedError(
            f"{params.deadline!r} is not a time", hint="Write it as 2026-11-27T03:00:00Z."
        ) from error


def select(clients: World, params: Params) -> Selection:
    if _late(clients, params):
        return Selection((), 0, (f"the deadline {params.deadline} is over.",))
    left_behind, _ = which_nodes.chosen(
        clients, zone=params.zone, group=params.group, names=params.nodes
    )
    nodes = {each.name: each for each in left_behind}
    pods = clients.k8s.each(collection(KIND), pod.read)
    pinned = volumes.zones_by_claim(clients.k8s)
    evicted, left = [], Counter[str]()
    for each in pods:
        where = nodes.get(each.node)
        if where is None or _not_ours(each, params):
            continue
        if why := _stays(each, where, params, pinned):
            left[why] += 1
        else:
            evicted.append(each)
    budgets = clients.k8s.each(pdb.PATH, pdb.read) if evicted else []
    notes = drain_notes.notes(evicted, left, nodes, budgets)
    ids = tuple(ResourceId(KIND, each.full_name, each.uid) for each in evicted)
    return Selection(ids, len(pods), notes)


def _not_ours(each: Pod, params: Params) -> bool:
    return (
        each.mirror or each.daemon or each.terminating or each.namespace in params.except_namespaces
    )


def _stays(each: Pod, where: Node, params: Params, pinned: Mapping[str, Zones]) -> str:
    """Why a pod of the zone is not evicted; empty: it is."""
    if each.finished:
        return ""
    if each.owner is None and not params.delete_unmanaged:
        return "no controller would make them again (delete_unmanaged)"
    if each.empty_dir and not params.delete_empty_dir:
        return "their emptyDir volumes would be lost (delete_empty_dir)"
    here = frozenset({where.zone})
    if any(pinned.get(f"{each.namespace}/{claim}") == here for claim in each.claims):
        return f"their volumes are in {where.zone} only, so they cannot run elsewhere"
    if not where.ready and _kind(each) != _STATELESS:
        return f"their node does not answer and {_UNPROVED}"
    return ""


def _kind(each: Pod) -> str:
    return each.owner.kind if each.owner is not None else ""


def observe(
    clients: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Running]]:
    found = {each: pod.read(obj) for each, obj in lookup(clients.k8s, ids).items()}
    names = {each.node for each in found.values() if each.node}
    nodes = lookup(clients.k8s, [ResourceId("k8s.node", name) for name in sorted(names)])
    ready = {each.name for each in map(node.read, nodes.values()) if each.ready}
    budgets = clients.k8s.each(pdb.PATH, pdb.read) if found else []
    gone: Observed[Running] = Observed(ABSENT)
    late = _late(clients, params)
    return dict.fromkeys(ids, gone) | {
        resource: _observed(each, ready=each.node in ready, budgets=budgets, late=late)
        for resource, each in found.items()
    }


def _observed(
    each: Pod, *, ready: bool, budgets: Sequence[pdb.Pdb], late: bool
) -> Observed[Running]:
    owner: Json = None
    if each.owner is not None:
        owner = {"kind": each.owner.kind, "name": each.owner.name, "uid": each.owner.uid}
    return Observed(
        ABSENT if each.terminating else Running(node=each.node),
        evidence={
            "owner": owner,
            "priority": each.priority,
            "finished": each.finished,
            "node_ready": ready,
            "late": late,
            "budgets": [one.full_name for one in pdb.guarding(each, budgets)],
        },
        version=each.version,
    )


def desire(params: Params, resource: ResourceId, observed: Observed[Running]) -> Absent:
    return ABSENT


def converge(call: Call, clients: World, changes: Sequence[Change[Running]]) -> Converged:
    for change in changes:
        yield change.resource, _leave(call, clients, change)


def _leave(call: Call, clients: World, change: Change[Running]) -> Receipt:
    evidence = change.before.evidence
    if evidence.get("late"):
        why = f"{change.resource.name} has not left in time"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    if not evidence.get("node_ready"):
        if not evidence.get("finished") and drain_order.owner_of(change).get("kind") != _STATELESS:
            why = f"{change.resource.name} is on a node that does not answer: {_UNPROVED}"
            return Receipt(kind=ReceiptKind.REJECTED, why=why)
        return k8s_writes.delete(
            call, clients.k8s, change.resource, uid=change.resource.incarnation, version=""
        )
    budgets = evidence.get("budgets")
    if isinstance(budgets, list) and len(budgets) > 1 and not evidence.get("finished"):
        named = ", ".join(map(str, budgets))
        why = f"{change.resource.name} has more than one disruption budget: {named}"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    if owner := drain_order.set_of(change):
        waiting = _sibling(clients, change.resource, owner)
        if waiting:
            return Receipt(kind=ReceiptKind.NOT_YET, why=f"waits for {waiting}", after=AGAIN)
    return k8s_writes.evict(call, clients.k8s, change.resource)


def _sibling(clients: World, resource: ResourceId, owner: str) -> str:
    """A pod of the same StatefulSet that is on its way up elsewhere, or empty.

    Pods on nodes that do not answer come up nowhere and are not waited for.
    """
    namespace = resource.name.partition("/")[0]
    pods = clients.k8s.each(collection(KIND, namespace), pod.read)
    unready = [
        each
        for each in pods
        if each.owner is not None
        and each.owner.uid == owner
        and each.uid != resource.incarnation
        and not each.ready
    ]
    nodes = lookup(clients.k8s, [ResourceId("k8s.node", e.node) for e in unready if e.node])
    alive = {each.name for each in map(node.read, nodes.values()) if each.ready}
    return next((e.full_name for e in unready if not e.node or e.node in alive), "")


def look(
    clients: World, params: Params, changes: Sequence[Change[Running]], changed_at: datetime
) -> Seen:
    return drain_effect.look(clients, changes, select(clients, params))


ACTION = Action(
    id="k8s.node.drain",
    summary="Evict pods from the nodes of a zone, of a group, or by name, within their budgets.",
    kind=KIND,
    params=Params,
    state=Running,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    order=drain_order.order,
    effect=Effect(
        describe="the owners of the pods have all their replicas ready elsewhere",
        look=look,
        within=900.0,
        every=10.0,
    ),
    undo=Undo.OWNER_RECREATES,
    disruptive=True,
    consent=consent,
    patience=600.0,
    side_effects=side_effects.of_evictions,
    concurrency=IN_FLIGHT,
    permissions=(
        "k8s:list nodes",
        "k8s:get nodes",
        "k8s:list pods",
        "k8s:get pods",
        "k8s:delete pods",
        "k8s:create pods/eviction",
        "k8s:list persistentvolumes",
        "k8s:list poddisruptionbudgets.policy",
        "k8s:list replicasets.apps",
        "k8s:list statefulsets.apps",
    ),
    only_with={
        "zone": ("ec2:DescribeAvailabilityZones",),
        "group": ("autoscaling:DescribeAutoScalingGroups",),
    },
)
