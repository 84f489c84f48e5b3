"""The scheduler: binds pods to nodes, or says why it cannot."""

from __future__ import annotations

from datetime import datetime

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.filters import Filter, Refusal, explain
from sopctl.sandbox.world.scheduling.snapshot import Reader, Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject, subject
from sopctl.sandbox.world.scheduling.tolerations import tolerates
from sopctl.sandbox.world.view import View

_NAME = "default-scheduler"


class Scheduler:
    """Binds waiting pods. A pod that found no node waits until nodes or pods change."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._reader = Reader()

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Try every waiting pod once."""
        waiting = sorted(filter(_waits, view.all("pods")), key=_order)
        if waiting:
            self._round(view, waiting, now)
        return None

    def _round(self, view: View, waiting: list[Obj], now: datetime) -> None:
        snapshot = self._reader.snapshot(view)
        refused: dict[str, str] = {}  # alike pods are asked once until something is bound
        for pod in waiting:
            if view.spent:
                break
            guest = subject(pod)
            kind = likeness(guest)
            choice = refused.get(kind) or choose(guest, snapshot)
            if isinstance(choice, str):
                refused[kind] = choice
                _refuse(view, pod, choice, now)
            else:
                snapshot.bind(guest, choice.place.name)
                refused.clear()
                _bind(view, pod, choice.place.name, now)


def choose(pod: Subject, snapshot: Snapshot) -> Seat | str:
    """Return the best node for a pod, or the message of a pod that fits nowhere."""
    asked = Filter(pod, snapshot)
    refusals: dict[str, Refusal] = {}
    best: tuple[tuple[int, float, float, str], Seat] | None = None
    for name, seat in snapshot.seats.items():
        refusal = asked.refusal(seat)
        if refusal is not None:
            refusals[name] = refusal
            continue
        rank = (_repulsion(pod, seat), asked.spread.crowding(seat.place), _load(pod, seat), name)
        if best is None or rank < best[0]:
            best = (rank, seat)
    return explain(refusals) if best is None else best[1]


def _repulsion(pod: Subject, seat: Seat) -> int:
    """TaintToleration: how many PreferNoSchedule taints the pod does not tolerate."""
    return sum(
        taint["effect"] == "PreferNoSchedule"
        and not any(tolerates(each, taint) for each in pod.tolerations)
        for taint in seat.place.taints
    )


def _load(pod: Subject, seat: Seat) -> float:
    """NodeResourcesFit, LeastAllocated: the share in use after the pod, lower is better."""
    used, capacity = seat.used + pod.request, seat.place.capacity
    return used.cpu / max(capacity.cpu, 1) + used.memory / max(capacity.memory, 1)


def likeness(pod: Subject) -> str:
    """Return a key that pods share when the scheduler cannot tell them apart.

    Pods of one owner differ by their affinity (daemons) or by what admission changed.
    """
    spec = pod.spec
    differing = spec.get("affinity"), spec.get("topologySpreadConstraints"), pod.labels
    return f"{pod.owner or pod.uid} {differing}"


def _waits(pod: Obj) -> bool:
    spec = pod["spec"]
    return (
        not spec.get("nodeName")
        and spec.get("schedulerName", _NAME) == _NAME
        and not spec.get("schedulingGates")
        and pods.is_active(pod)
    )


def _order(pod: Obj) -> tuple[int, str, str]:
    metadata = pod["metadata"]
    return -(pod["spec"].get("priority") or 0), metadata["creationTimestamp"], metadata["name"]


def _bind(view: View, pod: Obj, node: str, now: datetime) -> None:
    """Bind a pod; its condition changes only if it said otherwise: the kubelet reports the rest."""
    bound = view.patch("pods", pod, {"spec": {"nodeName": node}})
    if conditions.find(pod, "PodScheduled") is not None:
        scheduled = conditions.Verdict(type="PodScheduled", status="True")
        known = conditions.put(bound["status"].get("conditions"), scheduled, now)
        view.set_status("pods", bound, {**bound["status"], "conditions": known})


def _refuse(view: View, pod: Obj, message: str, now: datetime) -> None:
    known = conditions.find(pod, "PodScheduled")
    if known is not None and known.get("message") == message:
        return
    verdict = conditions.Verdict(
        type="PodScheduled", status="False", reason="Unschedulable", message=message
    )
    status = {"phase": "Pending", **(pod.get("status") or {})}
    status["conditions"] = conditions.put(status.get("conditions"), verdict, now)
    view.set_status("pods", pod, status)
    news = News(reason="FailedScheduling", message=message, component=_NAME, type="Warning")
    record(view, pod, news, now)
