"""What a Deployment reports about its ReplicaSets."""

from __future__ import annotations

from datetime import datetime, timedelta

from sopctl.sandbox.world import conditions
from sopctl.sandbox.world.controllers.rollout import bounds
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import moment, stamp
from sopctl.sandbox.world.view import View

_GOING_ON = "ReplicaSetUpdated"
_TIMED_OUT = "ProgressDeadlineExceeded"


def report(view: View, deployment: Obj, label: str, name: str, now: datetime) -> datetime | None:
    """Write the status; `name` is the template hash under `label` that counts as updated.

    Returns when the rollout will have taken too long, while it is going on.
    """
    sets = view.owned("replicasets", deployment["metadata"]["uid"])
    updated = [each for each in sets if each["metadata"]["labels"].get(label) == name]
    wanted = deployment["spec"].get("replicas", 1)
    available = _sum(sets, "availableReplicas")
    counters = {
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum(updated, "replicas"),
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, wanted - available),
    }
    status: Obj = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    status |= {key: value for key, value in counters.items() if value}
    known = (deployment.get("status") or {}).get("conditions")
    deadline = _deadline(deployment, counters, now)
    progress = _progress(deployment, counters, updated, late=deadline <= now)
    for verdict in (_available(deployment, available), progress):
        known = conditions.put(known, verdict, now)
    status["conditions"] = _stamped(deployment, known or [], counters, now)
    view.set_status("deployments", deployment, status)
    return deadline if progress.reason == _GOING_ON and deadline > now else None


def _deadline(deployment: Obj, counters: dict[str, int], now: datetime) -> datetime:
    """Return when a rollout that makes no further progress is too late."""
    seconds = deployment["spec"].get("progressDeadlineSeconds", 600)
    known = conditions.find(deployment, "Progressing")
    if known is None or _moved(deployment, counters):
        return now + timedelta(seconds=seconds)
    if known.get("reason") == _TIMED_OUT:
        return now
    return moment(known["lastUpdateTime"]) + timedelta(seconds=seconds)


def _moved(deployment: Obj, counters: dict[str, int]) -> bool:
    """Whether more pods are new, ready or available than before, or fewer old (`progress.go`)."""
    before = deployment.get("status") or {}
    rising = ("updatedReplicas", "readyReplicas", "availableReplicas")
    old = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return (
        any(counters[key] > before.get(key, 0) for key in rising)
        or counters["replicas"] - counters["updatedReplicas"] < old
        or before.get("observedGeneration") != deployment["metadata"].get("generation", 1)
    )


def _stamped(
    deployment: Obj, known: list[Obj], counters: dict[str, int], now: datetime
) -> list[Obj]:
    """Conditions of a Deployment also say when they were last confirmed by a change."""
    moved = _moved(deployment, counters)
    stamped = []
    for condition in known:
        old = conditions.find(deployment, condition["type"]) or {}
        same = old.get("reason") == condition.get("reason") and "lastUpdateTime" in old
        fresh = not same or (condition["type"] == "Progressing" and moved)
        update = stamp(now) if fresh else old["lastUpdateTime"]
        stamped.append({**condition, "lastUpdateTime": update})
    return stamped


def _available(deployment: Obj, available: int) -> conditions.Verdict:
    spec = deployment["spec"]
    if available >= spec.get("replicas", 1) - bounds(spec).unavailable:
        return conditions.Verdict(
            type="Available",
            status="True",
            reason="MinimumReplicasAvailable",
            message="Deployment has minimum availability.",
        )
    return conditions.Verdict(
        type="Available",
        status="False",
        reason="MinimumReplicasUnavailable",
        message="Deployment does not have minimum availability.",
    )


def _progress(
    deployment: Obj, counters: dict[str, int], updated: list[Obj], *, late: bool
) -> conditions.Verdict:
    wanted = deployment["spec"].get("replicas", 1)
    name = updated[0]["metadata"]["name"] if updated else deployment["metadata"]["name"]
    whole = (
        counters["updatedReplicas"] == wanted
        and counters["replicas"] == wanted
        and counters["availableReplicas"] >= wanted
    )
    if whole or _finished_before(deployment, name):
        return conditions.Verdict(
            type="Progressing",
            status="True",
            reason="NewReplicaSetAvailable",
            message=f'ReplicaSet "{name}" has successfully progressed.',
        )
    if late:
        return conditions.Verdict(
            type="Progressing",
            status="False",
            reason=_TIMED_OUT,
            message=f'ReplicaSet "{name}" has timed out progressing.',
        )
    return conditions.Verdict(
        type="Progressing",
        status="True",
        reason=_GOING_ON,
        message=f'ReplicaSet "{name}" is progressing.',
    )


def _finished_before(deployment: Obj, name: str) -> bool:
    """A finished rollout stays finished when pods fail later (`DeploymentComplete` is final)."""
    known = conditions.find(deployment, "Progressing")
    return (
        known is not None
        and known.get("reason") == "NewReplicaSetAvailable"
        and f'"{name}"' in known.get("message", "")
    )


def _sum(sets: list[Obj], counter: str) -> int:
    return sum((each.get("status") or {}).get(counter, 0) for each in sets)
