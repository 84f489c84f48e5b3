"""PodDisruptionBudgets: how many pods may be evicted now.

Source: kubernetes/pkg/controller/disruption/disruption.go.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.controllers.loop import for_each
from sopctl.sandbox.world.controllers.rollout import share
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.selectors import matches
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
    return for_each(view, "poddisruptionbudgets", _sync, now)


def _sync(view: View, budget: Obj, now: datetime) -> datetime | None:
    selected = _selected(view, budget)
    expected, desired = _wanted(view, budget, selected)
    disrupted = _disrupted(budget, selected, now)
    healthy = sum(
        pods.is_ready(pod)
        and not pods.is_terminating(pod)
        and pod["metadata"]["name"] not in disrupted
        for pod in selected
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
    if selector is None:
        return []
    return [
        pod
        for pod in view.index("pods", "namespace", _namespace).get(namespace, ())
        if matches(selector, pod["metadata"].get("labels") or {})
        and pods.phase(pod) not in pods.FINISHED
    ]


def _namespace(pod: Obj) -> tuple[str]:
    return (pod["metadata"]["namespace"],)


def _wanted(view: View, budget: Obj, selected: list[Obj]) -> tuple[int, int]:
    """Return (expected pods, desired healthy); percentages are of the owners' sizes."""
    spec = budget["spec"]
    if "maxUnavailable" in spec:
        expected = _owners_size(view, selected)
        unavailable = share(spec["maxUnavailable"], expected, up=True)
        return expected, max(0, expected - unavailable)
    minimum = spec.get("minAvailable", 1)
    if isinstance(minimum, int):
        return len(selected), minimum
    expected = _owners_size(view, selected)
    return expected, share(minimum, expected, up=True)


def _owners_size(view: View, selected: list[Obj]) -> int:
    sizes: dict[str, int] = {}
    for pod in selected:
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


def _disrupted(budget: Obj, selected: list[Obj], now: datetime) -> dict[str, str]:
    """Evictions accepted by the API whose pods are not yet terminating."""
    waiting = {p["metadata"]["name"] for p in selected if not pods.is_terminating(p)}
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
