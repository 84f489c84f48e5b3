"""PodDisruptionBudgets: how many pods may be evicted now.

Source: kubernetes/pkg/controller/disruption/disruption.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.controllers.loop import Work
from sopctl.sandbox.world.controllers.rollout import share
from sopctl.sandbox.world.index import Change, Key, key_of
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.selecting import selected, selecting
from sopctl.sandbox.world.times import earliest, moment
from sopctl.sandbox.world.view import View

_EXPIRES = timedelta(minutes=2)  # DeletionTimeout: an eviction that did not come true
_SCALED = {
    "ReplicaSet": "replicasets",
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
}


def reconcile(view: View, now: datetime) -> datetime | None:
    """Report every budget; return when the next unfinished eviction expires."""
    return WORK.once(view, now)


def _sync(view: View, budget: Obj, now: datetime) -> datetime | None:
    chosen = _selected(view, budget)
    expected, desired = _wanted(view, budget, chosen)
    disrupted = _disrupted(budget, chosen, now)
    healthy = sum(
        pods.is_ready(pod)
        and not pods.is_terminating(pod)
        and pod["metadata"]["name"] not in disrupted
        for pod in chosen
    )
    allowed = max(0, healthy - desired) if expected > 0 else 0
    status: Obj = {
        "observedGeneration": budget["metadata"].get("generation", 1),
        "expectedPods": expected,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
    }
    if disrupted:
        status["disruptedPods"] = disrupted
    known = (budget.get("status") or {}).get("conditions")
    status["conditions"] = conditions.put(known, _verdict(allowed), now)
    view.set_status("poddisruptionbudgets", budget, status)
    return earliest(*(moment(each) + _EXPIRES for each in disrupted.values()))


def _selected(view: View, budget: Obj) -> list[Obj]:
    namespace, selector = budget["metadata"]["namespace"], budget["spec"].get("selector")
    found = selected(view, namespace, selector)
    return [pod for pod in found if pods.phase(pod) not in pods.FINISHED]


def _wanted(view: View, budget: Obj, chosen: list[Obj]) -> tuple[int, int]:
    """Return (expected pods, desired healthy); percentages are of the owners' sizes."""
    spec = budget["spec"]
    if "maxUnavailable" in spec:
        expected = _owners_size(view, chosen)
        unavailable = share(spec["maxUnavailable"], expected, up=True)
        return expected, max(0, expected - unavailable)
    minimum = spec.get("minAvailable", 1)
    if isinstance(minimum, int):
        return len(chosen), minimum
    expected = _owners_size(view, chosen)
    return expected, share(minimum, expected, up=True)


def _owners_size(view: View, chosen: list[Obj]) -> int:
    sizes: dict[str, int] = {}
    for pod in chosen:
        owner = _scaled_owner(view, pod)
        if owner is not None:
            sizes[owner["metadata"]["uid"]] = owner["spec"].get("replicas", 1)
    return sum(sizes.values())


def _scaled_owner(view: View, obj: Obj) -> Obj | None:
    """Return the topmost owner that has a size."""
    reference = pods.controller(obj)
    if reference is None or reference["kind"] not in _SCALED:
        return None
    namespace = obj["metadata"]["namespace"]
    owner = view.get(_SCALED[reference["kind"]], reference["name"], namespace)
    if owner is None:
        return None
    return _scaled_owner(view, owner) or owner


def _disrupted(budget: Obj, chosen: list[Obj], now: datetime) -> dict[str, str]:
    """Evictions accepted by the API whose pods are not yet terminating."""
    waiting = {p["metadata"]["name"] for p in chosen if not pods.is_terminating(p)}
    known: dict[str, str] = (budget.get("status") or {}).get("disruptedPods") or {}
    return {
        name: since
        for name, since in known.items()
        if name in waiting and moment(since) + _EXPIRES > now
    }


def _verdict(allowed: int) -> conditions.Verdict:
    if allowed > 0:
        return conditions.Verdict(type="DisruptionAllowed", status="True", reason="SufficientPods")
    return conditions.Verdict(type="DisruptionAllowed", status="False", reason="InsufficientPods")


def _of_pod(view: View, change: Change) -> Iterable[Key]:
    for pod in (change.old, change.new):
        if pod is not None:
            metadata = pod["metadata"]
            yield from _selecting(view, metadata["namespace"], metadata.get("labels") or {})


def _of_size(view: View, change: Change) -> Iterable[Key]:
    """Name the budgets of a workload whose size changed."""
    old, new = change.old, change.new
    if new is None or (old and old["spec"].get("replicas") == new["spec"].get("replicas")):
        return
    labels = (new["spec"]["template"].get("metadata") or {}).get("labels") or {}
    yield from _selecting(view, new["metadata"]["namespace"], labels)


def _selecting(view: View, namespace: str, labels: Mapping[str, str]) -> Iterable[Key]:
    return map(key_of, selecting(view, "poddisruptionbudgets", namespace, labels))


WORK = Work(
    resource="poddisruptionbudgets",
    sync=_sync,
    related={
        "pods": _of_pod,
        "deployments": _of_size,
        "replicasets": _of_size,
        "statefulsets": _of_size,
    },
)
