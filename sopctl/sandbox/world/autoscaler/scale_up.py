"""Scale-up: which group helps most pods, and by how many nodes.

Source: cluster-autoscaler/core/scaleup/orchestrator and estimator/binpacking_estimator.go. Each
group is packed alone, so a zonal spread constraint lets only about maxSkew pods fit per group
and loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.template import alike
from sopctl.sandbox.world.scheduling.filters import Filter
from sopctl.sandbox.world.scheduling.quantities import Amount
from sopctl.sandbox.world.scheduling.scheduler import Finder, likeness
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject

MAX_REACHED = "max node group size reached"
BACKED_OFF = "in backoff after failed scale-up"

TemplateOf = Callable[[NodeGroup, str], Seat]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One group, the nodes it would grow by, and the pods that would then run.

    `capacity` is of one node.
    """

    group: NodeGroup
    nodes: int
    pods: tuple[Subject, ...]
    capacity: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Increase:
    """Raise a group to `size`."""

    group: NodeGroup
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to raise, for which pods; `refusals` says why groups do not help the other pods."""

    increases: tuple[Increase, ...]
    helped: tuple[Subject, ...]
    unhelped: tuple[Subject, ...]
    refusals: Mapping[str, Counter[str]]


def still_waiting(pods: Iterable[Subject], snapshot: Snapshot) -> list[Subject]:
    """Return the pods that do not fit nodes which are there or on their way; the others sit."""
    left: list[Subject] = []
    finder = Finder()
    hopeless: set[str] = set()
    for pod in pods:
        kind = likeness(pod)
        found = None if kind in hopeless else finder.find(pod, snapshot)
        if found is None:
            hopeless.add(kind)
            left.append(pod)
        else:
            snapshot.bind(pod, found.place.name)
            hopeless.clear()
    return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The groups that would help, and why the others would not, by the uid of a pod."""

    options: tuple[Option, ...]
    refusals: Mapping[str, Counter[str]]


def offer(
    pods: Sequence[Subject],
    groups: Sequence[NodeGroup],
    snapshot: Snapshot,
    template_of: TemplateOf,
    blocked: Mapping[str, str],
) -> Offer:
    """Pack every group; `blocked` groups take no part, for the given reason."""
    refusals: dict[str, Counter[str]] = {pod.uid: Counter() for pod in pods}
    options = []
    for group in groups:
        reason = blocked.get(group.name) or (MAX_REACHED if group.target >= group.max else "")
        if reason:
            for pod in pods:
                refusals[pod.uid][reason] += 1
            continue
        option = _estimate(group, pods, snapshot, template_of, refusals)
        if option is not None:
            options.append(option)
    return Offer(options=tuple(options), refusals=refusals)


def plan(
    pods: Sequence[Subject], offered: Offer, best: Option | None, similar: frozenset[str] | None
) -> Plan:
    """Raise the best option, balanced over like groups; `similar` ignores these labels too.

    Without `similar` nothing is balanced.
    """
    if best is None:
        return Plan(increases=(), helped=(), unhelped=tuple(pods), refusals=offered.refusals)
    helped = {pod.uid for pod in best.pods}
    return Plan(
        increases=_alone(best) if similar is None else _spread_out(best, offered.options, similar),
        helped=best.pods,
        unhelped=tuple(pod for pod in pods if pod.uid not in helped),
        refusals=offered.refusals,
    )


def _estimate(
    group: NodeGroup,
    pods: Sequence[Subject],
    snapshot: Snapshot,
    template_of: TemplateOf,
    refusals: Mapping[str, Counter[str]],
) -> Option | None:
    packing = _Packing(group, snapshot, template_of)
    placed: list[Subject] = []
    for pod in pods:
        reasons = packing.place(pod)
        if reasons:
            refusals[pod.uid].update(reasons)
        else:
            placed.append(pod)
    if not placed:
        return None
    return Option(
        group=group,
        nodes=len(packing.seats),
        pods=tuple(placed),
        capacity=packing.seats[0].place.capacity,
    )


class _Packing:
    """New nodes of one group, filled pod by pod under the real filters."""

    def __init__(self, group: NodeGroup, snapshot: Snapshot, template_of: TemplateOf) -> None:
        self._group = group
        self._snapshot = snapshot.copy()
        self._template_of = template_of
        self._filters: dict[str, Filter] = {}
        self._hopeless: dict[str, tuple[str, ...]] = {}
        self.seats: list[Seat] = []
        self._empty: list[Seat] = []

    def place(self, pod: Subject) -> tuple[str, ...]:
        """Let a pod sit on a new node; return why it cannot, or nothing when it does."""
        kind = likeness(pod)
        if kind in self._hopeless:
            return self._hopeless[kind]
        reasons: tuple[str, ...] = ()
        for seat in (*self.seats, *self._empty):
            refusal = self._filter(pod, kind).refusal(seat)
            if refusal is None:
                self._sit(pod, seat)
                return ()
            reasons = refusal.reasons
        if not self._empty:
            if self._group.target + len(self.seats) >= self._group.max:
                return (MAX_REACHED,)
            self._open()
            return self.place(pod)
        self._hopeless[kind] = reasons
        return reasons

    def _open(self) -> None:
        """Add one more node. While it is empty, no other is added: it would not help either."""
        name = f"template-node-for-{self._group.name}-{len(self.seats)}"
        seat = self._template_of(self._group, name)
        self._snapshot.add(seat)
        self._empty = [seat]
        self._filters.clear()  # none has counted the new node

    def _sit(self, pod: Subject, seat: Seat) -> None:
        if seat in self._empty:
            self._empty = []
            self.seats.append(seat)
        self._snapshot.bind(pod, seat.place.name)
        self._hopeless.clear()
        for asked in self._filters.values():
            asked.note(pod, seat)

    def _filter(self, pod: Subject, kind: str) -> Filter:
        if kind not in self._filters:
            self._filters[kind] = Filter(pod, self._snapshot)
        return self._filters[kind]


def _alone(best: Option) -> tuple[Increase, ...]:
    return (Increase(group=best.group, size=best.group.target + best.nodes),)


def _spread_out(
    best: Option, options: Iterable[Option], ignored: frozenset[str]
) -> tuple[Increase, ...]:
    """Balance over like groups that help the same kinds of pods: the smallest grows first."""
    helped = {likeness(pod) for pod in best.pods}
    groups = {
        each.group.name: each.group
        for each in options
        if alike(each.group, best.group, ignored) and helped <= {likeness(pod) for pod in each.pods}
    }
    sizes = {name: group.target for name, group in groups.items()}
    for _ in range(best.nodes):
        open_to = [name for name, size in sizes.items() if size < groups[name].max]
        if not open_to:
            break
        sizes[min(open_to, key=lambda name: (sizes[name], name))] += 1
    return tuple(
        Increase(group=groups[name], size=size)
        for name, size in sorted(sizes.items())
        if size > groups[name].target
    )
