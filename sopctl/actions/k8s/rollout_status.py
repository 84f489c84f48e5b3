"""When a rollout is finished, by the rules of ``kubectl rollout status``.

Source: kubernetes/kubectl pkg/polymorphichelpers/rollout_status.go.
"""

from __future__ import annotations

from sopctl.facts.objects.meta import Obj


def unfinished(obj: Obj) -> str:
    """What the rollout of a Deployment, StatefulSet or DaemonSet waits for; empty if nothing."""
    status = obj.get("status") or {}
    if (status.get("observedGeneration") or 0) < obj["metadata"].get("generation", 0):
        return "its controller has not seen the change yet"
    for has, wanted, what in _numbers(obj["spec"], status):
        if has < wanted:
            return f"{has} of {wanted} {what}"
    surplus = (status.get("replicas") or 0) - (status.get("updatedReplicas") or 0)
    if "strategy" in obj["spec"] and surplus > 0:
        return f"{surplus} old pods still run"
    return ""


def _numbers(spec: Obj, status: Obj) -> tuple[tuple[int, int, str], ...]:
    if "desiredNumberScheduled" in status:
        wanted = status["desiredNumberScheduled"]
        return (
            (status.get("updatedNumberScheduled") or 0, wanted, "pods are new"),
            (status.get("numberAvailable") or 0, wanted, "pods are available"),
        )
    wanted = spec.get("replicas", 1)
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    new = max(0, wanted - (rolling.get("partition") or 0))
    return (
        (status.get("updatedReplicas") or 0, new, "pods are new"),
        (status.get("availableReplicas") or 0, wanted, "pods are available"),
    )
