"""Garbage collection in the background: objects without their owner, pods without their node.

Foreground and orphaning deletions are done by the API half (`sopctl.sandbox.k8s.cascade`).

Source: kubernetes/pkg/controller/garbagecollector and podgc.
"""

from __future__ import annotations

from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.controllers.nodes import ready
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


WATCHED = (*_OWNERS.values(), "pods", "endpointslices", "nodes")


def reconcile(view: View, now: datetime) -> datetime | None:
    """Delete what nobody owns and what no node can run."""
    del now
    for resource in _DEPENDENTS:
        for obj in view.all(resource):
            if _orphaned(view, obj) and not pods.is_terminating(obj):
                view.delete(resource, obj)
    for pod in view.all("pods"):
        if view.spent:
            break
        _collect(view, pod)
    return None


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
