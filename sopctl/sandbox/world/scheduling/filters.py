"""The scheduler's filters, in the order of its default profile, with its messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sopctl.sandbox.world.scheduling.affinity import admits, required_terms, satisfies
from sopctl.sandbox.world.scheduling.neighbours import AFFINITY as NEAR
from sopctl.sandbox.world.scheduling.neighbours import Neighbours
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.spread import NO_LABEL, Spread
from sopctl.sandbox.world.scheduling.subject import Subject
from sopctl.sandbox.world.scheduling.tolerations import tolerates, untolerated

CORDONED = "node(s) were unschedulable"
AFFINITY = "node(s) didn't match Pod's node affinity/selector"
ELSEWHERE = "node(s) had volume node affinity conflict"
_CORDON_TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
_HOPELESS = "Preemption is not helpful for scheduling"
_NO_VICTIMS = "No preemption victims found for incoming pod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a node does not take a pod. Preempting others helps only where it is resolvable."""

    reasons: tuple[str, ...]
    resolvable: bool


class Filter:
    """All filters for one pod over one snapshot. Count again after the snapshot changed."""

    def __init__(self, pod: Subject, snapshot: Snapshot) -> None:
        """Prepare what needs all nodes: spread and pod (anti-)affinity."""
        self.pod = pod
        # Most pods ask nothing of a node's labels.
        self._unbound = not pod.spec.get("nodeSelector") and required_terms(pod.spec) is None
        self.spread = Spread(pod, snapshot)
        self._neighbours = Neighbours(pod, snapshot)

    def note(self, guest: Subject, seat: Seat, by: int = 1) -> None:
        """Take a pod into account that was placed just now, or with -1 one that left.

        Cheaper than to count again.
        """
        self.spread.note(guest, seat.place, by)
        self._neighbours.note(guest, seat.place, by)

    def takes(self, seat: Seat) -> bool:
        """Whether this node takes the pod: `refusal` without the reason, and much cheaper."""
        where, used, wanted = seat.place, seat.used, self.pod.request
        capacity = where.capacity
        if (
            wanted.cpu > capacity.cpu - used.cpu
            or wanted.memory > capacity.memory - used.memory
            or wanted.pods > capacity.pods - used.pods
        ) and _shortage(self.pod, seat):
            return False
        for domains in self.spread.hard:
            if not domains.admits(where):
                return False
        plain = self._unbound and not where.taints and not where.unschedulable
        if plain and not self.pod.pins and self._neighbours.indifferent:
            return True
        return self.refusal(seat) is None

    def refusal(self, seat: Seat) -> Refusal | None:
        """Return why this node does not take the pod, or None when it does."""
        static = self._static(seat)
        if static is not None:
            return Refusal(reasons=(static,), resolvable=False)
        short = _shortage(self.pod, seat)
        if short:
            return Refusal(reasons=short, resolvable=not _too_big(self.pod, seat))
        if any(not satisfies(terms, seat.place.name, seat.place.labels) for terms in self.pod.pins):
            return Refusal(reasons=(ELSEWHERE,), resolvable=False)
        skewed = self.spread.refusal(seat.place)
        if skewed is not None:
            return Refusal(reasons=(skewed,), resolvable=skewed != NO_LABEL)
        repelled = self._neighbours.refusal(seat.place)
        if repelled is None:
            return None
        return Refusal(reasons=(repelled,), resolvable=repelled != NEAR)

    def _static(self, seat: Seat) -> str | None:
        """Return what only the node itself decides: cordon, taints, affinity."""
        where, pod = seat.place, self.pod
        if where.unschedulable and not any(
            tolerates(each, _CORDON_TAINT) for each in pod.tolerations
        ):
            return CORDONED
        taint = untolerated(where.taints, pod.tolerations) if where.taints else None
        if taint is not None:
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
        if self._unbound or admits(pod.spec, where.name, where.labels):
            return None
        return AFFINITY


def _shortage(pod: Subject, seat: Seat) -> tuple[str, ...]:
    """NodeResourcesFit: every resource that is short, as the plugin lists them."""
    capacity, used, wanted = seat.place.capacity, seat.used, pod.request
    cpu, memory = capacity.cpu - used.cpu, capacity.memory - used.memory
    pods = capacity.pods - used.pods
    if wanted.cpu <= cpu and wanted.memory <= memory and wanted.pods <= pods:
        return ()
    found = []
    if wanted.pods > pods:
        found.append("Too many pods")
    if wanted.cpu > max(cpu, 0):
        found.append("Insufficient cpu")
    if wanted.memory > max(memory, 0):
        found.append("Insufficient memory")
    return tuple(found)


def _too_big(pod: Subject, seat: Seat) -> bool:
    """Whether a pod does not even fit on the empty node (`Unresolvable`, since release 1.34)."""
    capacity, wanted = seat.place.capacity, pod.request
    return wanted.cpu > capacity.cpu or wanted.memory > capacity.memory


def explain(refusals: Mapping[str, Refusal]) -> str:
    """Return the message of an unschedulable pod, as the scheduler's FitError writes it."""
    total = len(refusals)
    reasons = Counter(reason for each in refusals.values() for reason in each.reasons)
    listed = ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
    if not total:
        return "no nodes available to schedule pods"
    helpless = sum(1 for each in refusals.values() if not each.resolvable)
    counts = {_NO_VICTIMS: total - helpless, _HOPELESS: helpless}
    preemption = ", ".join(sorted(f"{n} {text}" for text, n in counts.items() if n))
    return (
        f"0/{total} nodes are available: {listed}. "
        f"preemption: 0/{total} nodes are available: {preemption}."
    )
