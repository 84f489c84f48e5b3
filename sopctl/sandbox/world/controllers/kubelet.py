"""The kubelets of all living nodes: they start pods, stop pods and report their status."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.controllers.loop import Queue, Work
from sopctl.sandbox.world.index import Change, Key, key_of
from sopctl.sandbox.world.outages import Outages
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import moment, stamp
from sopctl.sandbox.world.view import View

STARTS_IN = timedelta(seconds=4)  # image pull, container start, first readiness probe
STOPS_IN = timedelta(seconds=3)  # a well-behaved process ends soon after SIGTERM
RUN_SECONDS = "sandbox.sopctl.io/run-seconds"  # annotation: a container that ends by itself


def _of_node(view: View, change: Change) -> Iterable[Key]:
    """A node that came brings its pods along."""
    if change.old is None:
        yield from map(key_of, view.on_node(change.key[1]))


class Kubelet:
    """Moves pods on living nodes through their life; pods of a dead node do not move."""

    def __init__(self, outages: Outages) -> None:
        """Start with no pod seen."""
        self._outages = outages
        self._seen: dict[str, datetime] = {}

        self._queue = Queue(
            Work(resource="pods", sync=self._sync, related={"nodes": _of_node}, doomed=True)
        )

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Advance every pod that is due; return when the next one is."""
        return self._queue.reconcile(view, now)

    def rouse(self) -> None:
        """Some nodes live again, or no longer."""
        self._queue.rouse()

    def _sync(self, view: View, pod: Obj, now: datetime) -> datetime | None:
        node = view.get("nodes", pods.node_name(pod)) if pods.node_name(pod) else None
        if node is None or self._outages.dead_since(node) is not None:
            return None
        uid = pod["metadata"]["uid"]
        seen = self._seen.setdefault(uid, now)
        wake = self._advance(view, pod, node, now, seen)
        if pods.phase(pod) != "Pending":
            self._seen.pop(uid, None)
        return wake

    def _advance(
        self, view: View, pod: Obj, node: Obj, now: datetime, seen: datetime
    ) -> datetime | None:
        if pods.is_terminating(pod):
            due = _stops_at(pod)
            if due <= now:
                view.finish_delete("pods", pod)
                return None
            return due
        if pods.phase(pod) == "Pending":
            due = seen + STARTS_IN
            if due <= now:
                view.set_status("pods", pod, running(pod, node, now))
                return _ends_at(pod, now)
            return due
        if pods.phase(pod) == "Running":
            return _keep_running(view, pod, now)
        return None


def _keep_running(view: View, pod: Obj, now: datetime) -> datetime | None:
    ends = _ends_at(pod, moment(pod["status"]["startTime"]))
    if ends is not None and ends <= now:
        view.set_status("pods", pod, _succeeded(pod, now))
        return None
    if not pods.is_ready(pod):
        # The node came back: the kubelet reports its containers again.
        view.set_status("pods", pod, {**pod["status"], "conditions": _all_true(pod, now)})
    return ends


def _stops_at(pod: Obj) -> datetime:
    metadata = pod["metadata"]
    grace = timedelta(seconds=metadata.get("deletionGracePeriodSeconds") or 0)
    return moment(metadata["deletionTimestamp"]) - grace + min(grace, STOPS_IN)


def _ends_at(pod: Obj, started: datetime) -> datetime | None:
    text = (pod["metadata"].get("annotations") or {}).get(RUN_SECONDS)
    return None if text is None else started + timedelta(seconds=float(text))


def running(pod: Obj, node: Obj, now: datetime) -> Obj:
    """Return the status of a pod whose containers all run and are ready."""
    addresses = node.get("status", {}).get("addresses") or ()
    host = next((each["address"] for each in addresses if each["type"] == "InternalIP"), "")
    own = host if pod["spec"].get("hostNetwork") else _address(pod["metadata"]["uid"])
    containers = [_container(each, now) for each in pod["spec"]["containers"]]
    return {
        **(pod.get("status") or {}),
        "phase": "Running",
        "conditions": _all_true(pod, now),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": own,
        "podIPs": [{"ip": own}],
        "startTime": stamp(now),
        "containerStatuses": containers,
        "qosClass": (pod.get("status") or {}).get("qosClass", "Burstable"),
    }


def _all_true(pod: Obj, now: datetime) -> list[Obj]:
    current = (pod.get("status") or {}).get("conditions")
    for kind in (
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ):
        current = conditions.put(current, conditions.Verdict(type=kind, status="True"), now)
    return current or []


def _succeeded(pod: Obj, now: datetime) -> Obj:
    current = pod["status"]["conditions"]
    for kind in ("Ready", "ContainersReady"):
        done = conditions.Verdict(type=kind, status="False", reason="PodCompleted")
        current = conditions.put(current, done, now)
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": stamp(now)}}
    containers = [
        {**each, "ready": False, "started": False, "state": ended}
        for each in pod["status"]["containerStatuses"]
    ]
    return {
        **pod["status"],
        "phase": "Succeeded",
        "conditions": current,
        "containerStatuses": containers,
    }


def _container(container: Obj, now: datetime) -> Obj:
    digest = hashlib.sha256(container["image"].encode()).hexdigest()
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": f"{container['image'].partition(':')[0]}@sha256:{digest}",
        "containerID": f"containerd://{digest}",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": stamp(now)}},
        "lastState": {},
    }


def _address(uid: str) -> str:
    digest = hashlib.sha256(uid.encode()).digest()
    return f"10.{64 + digest[0] % 64}.{digest[1]}.{1 + digest[2] % 254}"
