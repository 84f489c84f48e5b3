"""What an evacuated zone looks like: pods left it, and their owners have all replicas ready."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence

from sopctl.core.action import AnyChange, Seen
from sopctl.core.resource import ABSENT, ResourceId, Selection
from sopctl.facts.objects import meta, node, pod
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection

_OWNERS = {
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "StatefulSet": "/apis/apps/v1/statefulsets",
}


def look(clients: World, changes: Sequence[AnyChange], left: Selection) -> Seen:
    """Are the pods of *changes* gone, and is whoever owned them complete again?

    A pod that is terminating on a node that does not answer is as gone as it gets. *left* is what
    would still be evicted.
    """
    ours = [each.resource for each in changes if each.after is ABSENT]
    still = [each for each in left.ids if each in ours]
    if still:
        return Seen(ok=False, detail=f"{len(still)} pods have not left, such as {still[0].name}")
    if left.ids:
        name = left.ids[0].name
        detail = f"{len(left.ids)} pods came there since, such as {name}: cordon the new nodes"
        return Seen(ok=False, detail=detail)
    leaving = _leaving(clients, ours)
    if leaving:
        return Seen(ok=False, detail=f"{leaving} pods are still shutting down")
    short = _incomplete(clients, changes)
    if short:
        return Seen(ok=False, detail=_told(clients, short))
    return Seen(ok=True, detail="the pods left, and their owners have all replicas ready")


def _leaving(clients: World, ids: Sequence[ResourceId]) -> int:
    pods = [pod.read(obj) for obj in lookup(clients.k8s, ids).values()]
    names = sorted({each.node for each in pods if each.node})
    nodes = lookup(clients.k8s, [ResourceId("k8s.node", name) for name in names])
    alive = {each.name for each in map(node.read, nodes.values()) if each.ready}
    return sum(1 for each in pods if each.node in alive)


def _incomplete(clients: World, changes: Sequence[AnyChange]) -> Sequence[Obj]:
    """The owners of evicted pods that lack ready replicas."""
    wanted: dict[str, set[str]] = {}
    for change in changes:
        owner = change.before.evidence.get("owner")
        if isinstance(owner, Mapping) and owner["kind"] in _OWNERS:
            wanted.setdefault(str(owner["kind"]), set()).add(str(owner["uid"]))
    return [
        obj
        for kind, uids in sorted(wanted.items())
        for obj in clients.k8s.list(_OWNERS[kind])
        if meta.uid(obj) in uids and operator.lt(*_counts(obj))
    ]


def _told(clients: World, short: Sequence[Obj]) -> str:
    ready, replicas = _counts(short[0])
    name, why = meta.full_name(short[0]), _because(clients, short[0])
    more = f", and {len(short) - 1} more lack some" if len(short) > 1 else ""
    return f"{name} has {ready} of {replicas} replicas ready{why}{more}"


def _because(clients: World, owner: Obj) -> str:
    """What the scheduler says about a pod of *owner* that has no node."""
    found = clients.k8s.list(collection("k8s.pod", owner["metadata"]["namespace"]))
    for each in map(pod.read, found):
        if each.waits and each.owner is not None and each.owner.uid == meta.uid(owner):
            return f" ({each.waits})"
    return ""


def _counts(owner: Obj) -> tuple[int, int]:
    status = owner.get("status") or {}
    return int(status.get("readyReplicas") or 0), int(owner["spec"].get("replicas", 1))
