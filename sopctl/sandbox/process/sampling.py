"""What is measured of a world, on its own clock: samples with running totals, frozen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sopctl.core.measures import Sample
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.patches.activities import LAUNCHING, TERMINATING
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.world.conditions import holds
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.traffic import Traffic

LIFECYCLE = "node.kubernetes.io/lifecycle"
NOT_BOUND = "Unschedulable"
NOT_READY = "not ready"
_LAUNCH = LAUNCHING.rstrip(": ")


class Sampler:
    """Takes samples; remembers what it has counted already."""

    def __init__(self, cluster: Cluster, cloud: Cloud, traffic: Traffic, started: datetime) -> None:
        """Begin at *started*; what happened before is not counted."""
        self._traffic = traffic
        self._cluster = cluster
        self._cloud = cloud
        self._started = started
        self._activities: set[str] = {str(each["ActivityId"]) for each in cloud.history()}
        self._launched: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._terminated: Counter[str] = Counter()
        self._pods: set[str] = set()
        with cluster.lock:
            self._before = traffic.totals()
        self._gone = 0

    def take(self, now: datetime) -> Sample:
        """Look at the world."""
        self._count(self._cloud.history())
        with self._cluster.lock:
            nodes, pods = self._cluster.peek("nodes"), self._cluster.peek("pods")
            wanted, traffic = self._wanted(), self._traffic.totals()
        self._follow(pods)
        zones = {node["metadata"]["name"]: zone_of(node) for node in nodes}
        bound = [pod for pod in pods if pod["spec"].get("nodeName") and _lives(pod)]
        ready = [pod for pod in bound if holds(pod, "Ready")]
        return Sample(
            at=(now - self._started).total_seconds(),
            nodes=_counted(_kind(node) for node in nodes if holds(node, "Ready")),
            ready=_counted(zones.get(pod["spec"]["nodeName"], "") for pod in ready),
            pending=_counted(reason(pod) for pod in pods if not pod["spec"].get("nodeName")),
            unready=len(bound) - len(ready),
            replicas=wanted,
            launched=dict(self._launched),
            failed=dict(self._failed),
            terminated=dict(self._terminated),
            gone=self._gone,
            offered=round(traffic.offered - self._before.offered, 1),
            lost=round(traffic.lost - self._before.lost, 1),
            wished=self._wished(),
        )

    def _wished(self) -> dict[str, int]:
        found: Counter[str] = Counter()
        for group in self._cloud.groups():
            if len(group.zones) == 1:
                found[group.zones[0]] += group.desired
        return dict(found)

    def _count(self, history: Sequence[Mapping[str, object]]) -> None:
        for activity in history:
            identity, status = str(activity["ActivityId"]), activity["StatusCode"]
            if identity in self._activities or status == "InProgress":
                continue
            self._activities.add(identity)
            zone = json.loads(str(activity["Details"])).get("Availability Zone", "")
            text = str(activity["Description"])
            if text.startswith(TERMINATING):
                self._terminated[zone] += 1
            elif text.startswith(_LAUNCH):
                (self._launched if status == "Successful" else self._failed)[zone] += 1

    def _follow(self, pods: Iterable[Obj]) -> None:
        now = {pod["metadata"]["uid"] for pod in pods}
        self._gone += len(self._pods - now)
        self._pods = now

    def _wanted(self) -> int:
        kinds = ("deployments", "statefulsets")
        return sum(
            int(each["spec"].get("replicas", 1))
            for kind in kinds
            for each in self._cluster.peek(kind)
        )


def zone_of(node: Obj) -> str:
    """The zone that a node says it is in."""
    return str((node["metadata"].get("labels") or {}).get(ZONE, ""))


def reason(pod: Obj) -> str:
    """Why a pod has no node, in a few words, as the scheduler says it."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return _shortly(str(condition.get("message") or condition.get("reason") or ""))
    return "not looked at yet"


def _shortly(message: str) -> str:
    for words, short in (
        ("topology spread", "zone spread"),
        ("Insufficient", "no room"),
        ("affinity", "affinity"),
        ("untolerated taint", "taint"),
    ):
        if words in message:
            return short
    return NOT_BOUND.lower()


def _kind(node: Obj) -> str:
    labels = node["metadata"].get("labels") or {}
    return f"{zone_of(node)}/{labels.get(LIFECYCLE, 'normal')}"


def _lives(pod: Obj) -> bool:
    """Whether somebody misses it: no daemon of a node, neither done nor on its way out."""
    owners = pod["metadata"].get("ownerReferences") or ()
    if pod["metadata"].get("deletionTimestamp") or any(o["kind"] == "DaemonSet" for o in owners):
        return False
    return (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))
