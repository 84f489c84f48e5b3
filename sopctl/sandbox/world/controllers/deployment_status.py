"""What a Deployment reports about its ReplicaSets."""

from __future__ import annotations

from datetime import datetime

from sopctl.sandbox.world import conditions
from sopctl.sandbox.world.controllers.rollout import bounds
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.view import View


def report(view: View, deployment: Obj, label: str, name: str, now: datetime) -> None:
    """Write the status; `name` is the template hash under `label` that counts as updated."""
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
    for verdict in (_available(deployment, available), _progress(deployment, counters, updated)):
        known = conditions.put(known, verdict, now)
    status["conditions"] = known
    view.set_status("deployments", deployment, status)


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


def _progress(deployment: Obj, counters: dict[str, int], updated: list[Obj]) -> conditions.Verdict:
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
    return conditions.Verdict(
        type="Progressing",
        status="True",
        reason="ReplicaSetUpdated",
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
