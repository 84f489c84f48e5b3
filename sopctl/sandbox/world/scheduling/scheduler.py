"""The scheduler: binds pods to nodes, or says why it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sopctl.sandbox.world import conditions, pods
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.affinity import named_nodes
from sopctl.sandbox.world.scheduling.filters import Filter, Refusal, explain
from sopctl.sandbox.world.scheduling.parking import Parking
from sopctl.sandbox.world.scheduling.preemption import Budget, budget, may_preempt, preempt
from sopctl.sandbox.world.scheduling.reader import Reader
from sopctl.sandbox.world.scheduling.scoring import best
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject
from sopctl.sandbox.world.scheduling.volumes import missing_claim, pinned, provision, state
from sopctl.sandbox.world.times import earliest
from sopctl.sandbox.world.view import View

_NAME = "default-scheduler"
_FEW_NODES = 100  # minFeasibleNodesToFind


class Scheduler:
    """Binds waiting pods. A pod that found no node waits until nodes or pods change."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._reader = Reader()
        self._parking = Parking(self._reader)
        self._start = 0
        self._guests: dict[str, tuple[str, Subject]] = {}
        self._allowed: tuple[int, tuple[Budget, ...]] | None = None

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Try every waiting pod once that something may have helped."""
        waiting = sorted(filter(_waits, view.on_node("")), key=_order)
        if not waiting:
            return None
        snapshot = self._reader.snapshot(view)
        wake: datetime | None = None
        ready: list[tuple[Obj, Subject]] = []
        uids = {pod["metadata"]["uid"] for pod in waiting}
        self._parking.leave(uids)
        self._guests = {uid: each for uid, each in self._guests.items() if uid in uids}
        for pod in waiting:
            guest, version = self._read(view, pod)
            waits, until = self._parking.waits(guest, version, now)
            if waits:
                wake = earliest(wake, until)
            else:
                ready.append((pod, guest))
        self._round(view, ready, snapshot, now)
        return wake

    def _round(
        self, view: View, ready: list[tuple[Obj, Subject]], snapshot: Snapshot, now: datetime
    ) -> None:
        refused: dict[str, str] = {}  # alike pods are asked once until something is bound
        for pod, guest in ready:
            if view.spent:
                break
            kind = likeness(guest)
            known = refused.get(kind)
            if known is None:
                known = self._place(view, pod, guest, snapshot, now)
            if known:
                refused[kind] = known
                told = _refuse(view, pod, known, now)
                self._parking.park(guest, state(view, told), known, now)
            else:
                refused.clear()

    def _place(
        self, view: View, pod: Obj, guest: Subject, snapshot: Snapshot, now: datetime
    ) -> str:
        """Bind a pod, or make room for it; return the message of one that finds none."""
        lost = missing_claim(view, pod)
        if lost:
            return lost
        nominated = snapshot.seats.get((pod.get("status") or {}).get("nominatedNodeName") or "")
        found = search(guest, snapshot, self._start, nominated)
        self._start += found.asked
        if found.best is not None:
            snapshot.bind(guest, found.best.place.name)
            provision(view, pod, found.best.place.name)
            _bind(view, pod, found.best.place.name, now)
            return ""
        text = explain(found.refusals)
        if not may_preempt(guest, nominated):
            if nominated is not None:
                snapshot.bind(guest, nominated.place.name)  # its room is not for others
            return text
        chosen = preempt(guest, snapshot, found.refusals, partial(self._budgets, view))
        if chosen is None:
            return text
        for victim in chosen.victims:
            snapshot.remove(victim, chosen.node)
            evict(view, victim, guest, chosen.node, now)
        snapshot.bind(guest, chosen.node)
        _refuse(view, pod, text, now, nominated=chosen.node)
        return ""

    def _read(self, view: View, pod: Obj) -> tuple[Subject, str]:
        """Read a waiting pod, once a version; return the version too."""
        uid, version = pod["metadata"]["uid"], state(view, pod)
        known = self._guests.get(uid)
        if known is None or known[0] != version:
            known = self._guests[uid] = (version, pinned(view, pod))
        return known[1], version

    def _budgets(self, view: View) -> tuple[Budget, ...]:
        """Return every disruption budget, read once a version."""
        version = view.version("poddisruptionbudgets")
        if self._allowed is None or self._allowed[0] != version:
            found = tuple(budget(each) for each in view.all("poddisruptionbudgets"))
            self._allowed = (version, found)
        return self._allowed[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search found: the best node or, where there is none, why each was refused."""

    best: Seat | None
    refusals: Mapping[str, Refusal]
    asked: int


def choose(pod: Subject, snapshot: Snapshot) -> Seat | str:
    """Return the best node for a pod, or the message of a pod that fits nowhere."""
    found = search(pod, snapshot)
    return explain(found.refusals) if found.best is None else found.best


class Finder:
    """Finds any node that takes a pod: what a simulation needs to know.

    It tries first where the pod fitted the last time, then goes on after the node found last
    (cluster-autoscaler/simulator/scheduling/hinting_simulator.go).
    """

    def __init__(self) -> None:
        """Start without hints."""
        self._hints: dict[str, str] = {}
        self._next = 0

    def find(self, pod: Subject, snapshot: Snapshot) -> Seat | None:
        """Return a node that takes the pod, or None."""
        asked = Filter(pod, snapshot)
        hinted = snapshot.seats.get(self._hints.get(pod.uid, ""))
        if hinted is not None and asked.takes(hinted):
            return hinted
        for number, seat in enumerate(_from(snapshot, self._next), self._next + 1):
            if asked.takes(seat):
                self._next = number % len(snapshot.seats)
                self._hints[pod.uid] = seat.place.name
                return seat
        return None


def search(pod: Subject, snapshot: Snapshot, start: int = 0, first: Seat | None = None) -> Search:
    """Look for the best node, at the `first` one alone if it fits.

    In a large cluster only so many fitting nodes are rated, and the next search starts where
    this one ended (schedule_one.go, `numFeasibleNodesToFind`).
    """
    asked = Filter(pod, snapshot)
    if first is not None and asked.takes(first):
        return Search(best=first, refusals={}, asked=0)
    seats = _from(snapshot, start)
    named = named_nodes(pod.spec)
    if named is not None:
        # Of a daemon's pod only the node that it names is asked (NodeAffinity, PreFilterResult).
        fit, count = [seat for seat in seats if seat.place.name in named], len(seats)
        fit = [seat for seat in fit if asked.takes(seat)]
    else:
        fit, count = _fitting(asked, seats)
    if fit:
        return Search(best=best(pod, fit, asked.spread, snapshot), refusals={}, asked=count)
    reasons = {seat.place.name: asked.refusal(seat) for seat in seats}
    refusals = {name: reason for name, reason in reasons.items() if reason is not None}
    return Search(best=None, refusals=refusals, asked=count)


def _fitting(asked: Filter, seats: Sequence[Seat]) -> tuple[list[Seat], int]:
    """Return the first nodes that fit, as many as are rated, and how many were asked for them."""
    enough = _enough(len(seats))
    fit: list[Seat] = []
    for count, seat in enumerate(seats, 1):
        if asked.takes(seat):
            fit.append(seat)
            if len(fit) >= enough:
                return fit, count
    return fit, len(seats)


def _from(snapshot: Snapshot, start: int) -> list[Seat]:
    """Return all nodes in their order, from one on and round."""
    seats = list(snapshot.seats.values())
    first = start % len(seats) if seats else 0
    return seats[first:] + seats[:first]


def _enough(nodes: int) -> int:
    """Return how many fitting nodes are rated: all of a hundred, then fewer in a hundred."""
    if nodes < _FEW_NODES:
        return nodes
    return max(_FEW_NODES, nodes * max(5, 50 - nodes // 125) // 100)


def evict(view: View, victim: Subject, by: Subject, node: str, now: datetime) -> None:
    """Delete a pod that has to make room, saying so."""
    pod = view.get("pods", victim.name, victim.namespace)
    if pod is None or pods.is_terminating(pod):
        return
    text = f"{_NAME}: preempting to accommodate a higher priority pod"
    target = conditions.Verdict(
        type="DisruptionTarget", status="True", reason="PreemptionByScheduler", message=text
    )
    status = pod.get("status") or {}
    known = conditions.put(status.get("conditions"), target, now)
    view.set_status("pods", pod, {**status, "conditions": known})
    news = News(
        reason="Preempted", message=f"Preempted by pod {by.uid} on node {node}", component=_NAME
    )
    record(view, pod, news, now)
    view.delete("pods", pod)


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


def _refuse(view: View, pod: Obj, message: str, now: datetime, *, nominated: str = "") -> Obj:
    """Say why a pod waits, unless that was said; return the pod as it is then."""
    known = conditions.find(pod, "PodScheduled")
    said = known is not None and known.get("message") == message
    if said and not nominated:
        return pod
    verdict = conditions.Verdict(
        type="PodScheduled", status="False", reason="Unschedulable", message=message
    )
    status = {"phase": "Pending", **(pod.get("status") or {})}
    status["conditions"] = conditions.put(status.get("conditions"), verdict, now)
    if nominated:
        status["nominatedNodeName"] = nominated
    told = view.set_status("pods", pod, status)
    if not said:
        news = News(reason="FailedScheduling", message=message, component=_NAME, type="Warning")
        record(view, pod, news, now)
    return told
