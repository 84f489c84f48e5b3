"""HorizontalPodAutoscalers: follow the traffic of a workload, or a load that is stated, or hold.

`sandbox.sopctl.io/cpu-utilization` on the scaled workload (or on the HPA) is what every pod uses,
in percent of its request; else a pod uses the share of its capacity that the world's traffic
takes; without traffic it uses just what the HPA aims at, so the size is held.
Source: kubernetes/pkg/controller/podautoscaler/horizontal.go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sopctl.sandbox.world import conditions
from sopctl.sandbox.world.controllers.loop import Work
from sopctl.sandbox.world.controllers.replica_count import TOLERANCE, Count, count, proposal
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import stamp
from sopctl.sandbox.world.traffic import Traffic
from sopctl.sandbox.world.view import View

LOAD = "sandbox.sopctl.io/cpu-utilization"
PERIOD = timedelta(seconds=15)  # --horizontal-pod-autoscaler-sync-period
_MEMORY = timedelta(hours=1)  # the longest window that a behavior may ask for
_WINDOWS = {"scaleUp": 0, "scaleDown": 300}
_ALL: Obj = {"type": "Percent", "value": 100, "periodSeconds": 15}
_POLICIES: dict[str, list[Obj]] = {
    "scaleUp": [_ALL, {"type": "Pods", "value": 4, "periodSeconds": 15}],
    "scaleDown": [_ALL],
}
_SCALED = {"Deployment": "deployments", "StatefulSet": "statefulsets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """A recommendation, for the stabilisation windows."""

    at: datetime
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A change of size, for the policies that limit the changes of a period."""

    at: datetime
    by: int


class Autoscaling:
    """All HPAs, every fifteen seconds."""

    def __init__(self, traffic: Traffic) -> None:
        """Start without a past."""
        self._traffic = traffic
        self._due: datetime | None = None
        self._past: dict[str, list[_Past]] = {}
        self._changes: dict[str, list[_Change]] = {}
        self._quiet: dict[str, tuple[object, ...]] = {}  # what led to no change the last time

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Scale and report every HPA when the period is over."""
        if self._due is not None and now < self._due:
            return self._due
        Work(resource="horizontalpodautoscalers", sync=self._sync).once(view, now)
        self._due = now + PERIOD
        return self._due

    def _sync(self, view: View, autoscaler: Obj, now: datetime) -> None:
        spec = autoscaler["spec"]
        reference = spec["scaleTargetRef"]
        resource = _SCALED.get(reference["kind"], "")
        namespace = autoscaler["metadata"]["namespace"]
        target = view.get(resource, reference["name"], namespace) if resource else None
        if target is None:
            return
        current: int = target["spec"].get("replicas", 1)
        usage = self._usage(autoscaler, target)
        uid = autoscaler["metadata"]["uid"]
        known = (autoscaler["metadata"]["resourceVersion"], current, usage, view.version("nodes"))
        if usage is not None and self._quiet.get(uid) == known:
            self._past[uid][-1] = replace(self._past[uid][-1], at=now)  # said once more
            return
        wanted = self._proposal(view, spec, target, usage)
        wanted = self._stabilised(autoscaler, current, wanted, now)
        bounded = max(spec.get("minReplicas", 1), min(spec["maxReplicas"], wanted))
        size = current if current == 0 else self._permitted(autoscaler, current, bounded, now)
        if size != current:
            view.patch(resource, target, {"spec": {"replicas": size}})
            recent = [old for old in self._changes.get(uid, ()) if now - old.at <= _MEMORY]
            self._changes[uid] = [*recent, _Change(at=now, by=size - current)]
        told = _report(view, autoscaler, (current, size, usage), now)
        self._quiet.pop(uid, None)
        if size == current == self._past[uid][-1].replicas and _is_near(spec, usage):
            self._quiet[uid] = (told["metadata"]["resourceVersion"], *known[1:])

    def _usage(self, autoscaler: Obj, target: Obj) -> float | None:
        """Return what the pods use, in percent of their request, or None when nobody knows."""
        for obj in (target, autoscaler):
            text = (obj["metadata"].get("annotations") or {}).get(LOAD, "")
            if text.isdigit():
                return int(text)
        metadata = target["metadata"]
        load = self._traffic.load(metadata["namespace"], metadata["name"])
        return _goal(autoscaler["spec"]) if load is None else 100 * load

    def _proposal(self, view: View, spec: Obj, target: Obj, usage: float | None) -> int:
        current: int = target["spec"].get("replicas", 1)
        goal = _goal(spec)
        if usage is None or not goal:
            return current
        if usage == goal:  # an even load needs no look at the pods
            return current
        return proposal(current, self._count(view, target), usage, goal)

    def _count(self, view: View, target: Obj) -> Count:
        def answers(name: str) -> bool:
            node = view.get("nodes", name)
            labels = ((node or {}).get("metadata") or {}).get("labels") or {}
            return node is not None and self._traffic.answers(name, labels.get(ZONE, ""))

        return count(_owned(view, target), answers)

    def _stabilised(self, autoscaler: Obj, current: int, wanted: int, now: datetime) -> int:
        """Shrink to the highest, grow to the lowest recommendation within the window."""
        spec, uid = autoscaler["spec"], autoscaler["metadata"]["uid"]
        past = [*self._past.get(uid, ()), _Past(at=now, replicas=wanted)]
        self._past[uid] = [old for old in past if now - old.at <= _MEMORY]
        way = "scaleDown" if wanted < current else "scaleUp"
        rules = (spec.get("behavior") or {}).get(way) or {}
        seconds = rules.get("stabilizationWindowSeconds")
        window = timedelta(seconds=_WINDOWS[way] if seconds is None else seconds)
        recent: list[int] = [old.replicas for old in past if now - old.at <= window]
        if wanted < current:
            return min(current, max(recent))
        return max(current, min(recent))

    def _permitted(self, autoscaler: Obj, current: int, wanted: int, now: datetime) -> int:
        """Apply `behavior`: Disabled forbids a direction, policies limit the change of a period."""
        if wanted == current:
            return current
        way, sign = ("scaleDown", -1) if wanted < current else ("scaleUp", 1)
        rules = (autoscaler["spec"].get("behavior") or {}).get(way) or {}
        if rules.get("selectPolicy") == "Disabled":
            return current
        changes = self._changes.get(autoscaler["metadata"]["uid"], [])
        limits = []
        policies: list[Obj] = rules.get("policies") or _POLICIES[way]
        for policy in policies:
            period = timedelta(seconds=policy["periodSeconds"])
            recent = [old.by for old in changes if now - old.at < period]
            done = sum(by for by in recent if by * sign > 0)
            start = current - done
            limits.append(max(0, _step(policy, start) - abs(done)))
        room = min(limits) if rules.get("selectPolicy") == "Min" else max(limits)
        return current + sign * min(abs(wanted - current), room)


def _step(policy: Obj, start: int) -> int:
    value = int(policy["value"])
    return value if policy["type"] == "Pods" else math.ceil(start * value / 100)


def _goal(spec: Obj) -> int | None:
    for metric in spec.get("metrics") or ():
        if metric["type"] == "Resource" and metric["resource"]["name"] == "cpu":
            found: int | None = metric["resource"]["target"].get("averageUtilization")
            return found
    return None


def _owned(view: View, target: Obj) -> list[Obj]:
    """Return the pods of a StatefulSet or, through its ReplicaSets, of a Deployment."""
    uid = target["metadata"]["uid"]
    sets = view.owned("replicasets", uid)
    return [pod for each in (uid, *_uids(sets)) for pod in view.owned("pods", each)]


def _uids(objects: list[Obj]) -> list[str]:
    return [each["metadata"]["uid"] for each in objects]


def _is_near(spec: Obj, usage: float | None) -> bool:
    """Whether the load is what is aimed at, however many pods are ready."""
    goal = _goal(spec)
    return usage is not None and bool(goal) and abs(usage / (goal or 1) - 1) <= TOLERANCE


def _report(
    view: View, autoscaler: Obj, sizes: tuple[int, int, float | None], now: datetime
) -> Obj:
    current, size, usage = sizes
    before = autoscaler.get("status") or {}
    status: Obj = {
        "observedGeneration": autoscaler["metadata"].get("generation", 1),
        "currentReplicas": current,
        "desiredReplicas": size,
    }
    last = stamp(now) if size != current else before.get("lastScaleTime")
    if last is not None:
        status["lastScaleTime"] = last
    if usage is not None:
        resource = {"name": "cpu", "current": {"averageUtilization": round(usage)}}
        status["currentMetrics"] = [{"type": "Resource", "resource": resource}]
    known = before.get("conditions")
    for kind, reason in (
        ("AbleToScale", "ReadyForNewScale"),
        ("ScalingActive", "ValidMetricFound"),
    ):
        verdict = conditions.Verdict(type=kind, status="True", reason=reason)
        known = conditions.put(known, verdict, now)
    status["conditions"] = known
    return view.set_status("horizontalpodautoscalers", autoscaler, status)
