"""Garbage collection in the background: objects without their owner, pods without their node.

Foreground and orphaning deletions are done by the API half (`sopctl.sandbox.k8s.cascade`).

Source: kubernetes/pkg/controller/garbagecollector and podgc.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.controllers.nodes import ready
from sopctl.sandbox.world.index import Key, key_of
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.view import View

_OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
_OWNERS = {
    "CronJob": "cronjobs",
    "DaemonSet": "daemonsets",
    "Deployment": "deployments",
    "Job": "jobs",
    "ReplicaSet": "replicasets",
    "Service": "services",
    "StatefulSet": "statefulsets",
}
_DEPENDENTS = ("replicasets", "jobs", "pods", "endpointslices", "controllerrevisions")


_PLACES = ("pods", "nodes")
WATCHED = (*dict.fromkeys((*_OWNERS.values(), *_DEPENDENTS, *_PLACES)),)


class Garbage:
    """Deletes what nobody owns and what no node can run, by what changed since it last looked."""

    def __init__(self) -> None:
        """Begin with everything to be looked at."""
        self._seen: dict[str, int] = {}
        self._dirty: dict[tuple[str, Key], None] = {}

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Look at what changed, and at what lost its owner or its node."""
        del now
        for resource in WATCHED:
            self._notice(view, resource)
        while self._dirty and not view.spent:
            resource, key = next(iter(self._dirty))
            del self._dirty[resource, key]
            obj = view.get(resource, key[1], key[0])
            if obj is None:
                continue
            if _orphaned(view, obj) and not pods.is_terminating(obj):
                view.delete(resource, obj)
            elif resource == "pods":
                _collect(view, obj)
        return None

    def _notice(self, view: View, resource: str) -> None:
        since, version = self._seen.get(resource), view.version(resource)
        changes = None if since is None else view.changes(resource, since)
        self._seen[resource] = version
        if changes is None:
            for each in _DEPENDENTS:
                self._dirty.update({(each, key_of(obj)): None for obj in view.all(each)})
            return
        for change in changes:
            if resource in _DEPENDENTS and change.new is not None:
                self._dirty[resource, change.key] = None
            if resource == "nodes":
                found = view.on_node(change.key[1])
                self._dirty.update({("pods", key_of(pod)): None for pod in found})
            elif change.new is None and change.old is not None:
                self._left_behind(view, change.old["metadata"]["uid"])

    def _left_behind(self, view: View, uid: str) -> None:
        for each in _DEPENDENTS:
            found = view.lookup(each, "owners", _owner_uids, uid)
            self._dirty.update({(each, key_of(obj)): None for obj in found})


def _owner_uids(obj: Obj) -> Iterable[str]:
    for owner in obj["metadata"].get("ownerReferences") or ():
        yield owner["uid"]


def _orphaned(view: View, obj: Obj) -> bool:
    """Whether every owner that we know how to look up is gone."""
    owners = obj["metadata"].get("ownerReferences") or ()
    known = [each for each in owners if each["kind"] in _OWNERS]
    if not known or len(known) < len(owners):
        return False
    namespace = obj["metadata"].get("namespace", "")
    return not any(_exists(view, each, namespace) for each in known)


def _exists(view: View, owner: Obj, namespace: str) -> bool:
    found = view.get(_OWNERS[owner["kind"]], owner["name"], namespace)
    return found is not None and found["metadata"]["uid"] == owner["uid"]


def _collect(view: View, pod: Obj) -> None:
    name = pods.node_name(pod)
    if not name:
        if pods.is_terminating(pod):
            view.finish_delete("pods", pod)
        return
    node = view.get("nodes", name)
    if node is None or (pods.is_terminating(pod) and _out_of_service(node)):
        view.delete("pods", pod, grace=0)


def _out_of_service(node: Obj) -> bool:
    """An operator vouched that the machine is off: its terminating pods may be forgotten."""
    taints = node["spec"].get("taints") or ()
    return ready(node) != "True" and any(each["key"] == _OUT_OF_SERVICE for each in taints)
