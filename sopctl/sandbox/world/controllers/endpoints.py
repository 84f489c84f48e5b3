"""EndpointSlices: which pods a Service reaches, in which zone, and whether they are ready."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.controllers.loop import Queue, Work
from sopctl.sandbox.world.index import Change, Key, key_of
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.selecting import selected, selecting, selector_of
from sopctl.sandbox.world.view import View

_MANAGER = "endpointslice-controller.k8s.io"


class Slices:
    """One slice for each Service with a selector, without the zones that the cluster left."""

    def __init__(self) -> None:
        """Begin with everything to be written."""
        self.away: frozenset[str] = frozenset()
        work = Work(
            resource="services",
            sync=self._sync,
            related={"pods": _of_pod, "nodes": _of_node},
        )
        self.watched = work.watched
        self._queue = Queue(work)

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Write the slices of what changed."""
        return self._queue.reconcile(view, now)

    def leave(self, zones: frozenset[str]) -> None:
        """Leave these zones out from now on."""
        if zones != self.away:
            self.away = zones
            self._queue.rouse()

    def _sync(self, view: View, service: Obj, now: datetime) -> None:
        del now
        if not service["spec"].get("selector"):
            return
        endpoints = [_endpoint(view, pod) for pod in _selected(view, service)]
        kept = [each for each in endpoints if each.get("zone") not in self.away]
        # Fail-safe: a Service that lives only where one leaves keeps what it has.
        _write(view, service, kept or endpoints)


def _write(view: View, service: Obj, endpoints: list[Obj]) -> None:
    metadata = service["metadata"]
    owned = view.owned("endpointslices", metadata["uid"])
    if not owned:
        view.create("endpointslices", _slice(service, endpoints))
    elif owned[0].get("endpoints", []) != endpoints:
        view.update("endpointslices", {**owned[0], "endpoints": endpoints})


def _selected(view: View, service: Obj) -> list[Obj]:
    found = [
        pod
        for pod in selected(view, service["metadata"]["namespace"], selector_of(service))
        if pod.get("status", {}).get("podIP") and pods.phase(pod) not in pods.FINISHED
    ]
    return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))


def _endpoint(view: View, pod: Obj) -> Obj:
    metadata, name = pod["metadata"], pods.node_name(pod)
    node = view.get("nodes", name)
    serving, leaving = pods.is_ready(pod), pods.is_terminating(pod)
    endpoint: Obj = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {
            "ready": serving and not leaving,
            "serving": serving,
            "terminating": leaving,
        },
        "nodeName": name,
        "targetRef": {
            "kind": "Pod",
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
    }
    zone = _zone(node)
    return {**endpoint, "zone": zone} if zone else endpoint


def _slice(service: Obj, endpoints: list[Obj]) -> Obj:
    metadata = service["metadata"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{metadata['name']}-",
            "namespace": metadata["namespace"],
            "labels": {
                "kubernetes.io/service-name": metadata["name"],
                "endpointslice.kubernetes.io/managed-by": _MANAGER,
            },
            "ownerReferences": [pods.owned_by(service, "Service", "v1")],
        },
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [
            {
                "name": port.get("name", ""),
                "port": port.get("targetPort", port["port"]),
                "protocol": port.get("protocol", "TCP"),
            }
            for port in service["spec"].get("ports") or ()
        ],
    }


def _of_pod(view: View, change: Change) -> Iterable[Key]:
    for pod in (change.old, change.new):
        if pod is not None:
            yield from _selecting(view, pod)


def _of_node(view: View, change: Change) -> Iterable[Key]:
    """A node that came, went or moved changes the zone of its pods."""
    if _zone(change.old) != _zone(change.new):
        for pod in view.on_node(change.key[1]):
            yield from _selecting(view, pod)


def _selecting(view: View, pod: Obj) -> Iterable[Key]:
    metadata = pod["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    return map(key_of, selecting(view, "services", metadata["namespace"], labels))


def _zone(node: Obj | None) -> str | None:
    labels: Mapping[str, str] = (node or {}).get("metadata", {}).get("labels") or {}
    return labels.get(ZONE)
