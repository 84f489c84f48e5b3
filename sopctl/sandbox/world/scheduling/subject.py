"""A pod and a node as the scheduler sees them: read once, then values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sopctl.sandbox.world.pods import is_terminating
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.quantities import Amount, amount, presumed, requests

Wish = tuple[Obj, int]  # a preferred pod affinity term, and its weight: below zero it repels

_NOT_YET = "9999-12-31T23:59:59Z"  # later than all others (`GetPodStartTime` says now)

# Labels that tell the pods of one StatefulSet apart.
_NAMES = frozenset({"apps.kubernetes.io/pod-index", "statefulset.kubernetes.io/pod-name"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constraint:
    """One topology spread constraint. `selector` is a metav1.LabelSelector or None."""

    key: str
    max_skew: int
    hard: bool
    min_domains: int
    selector: Obj | None
    honors_affinity: bool
    honors_taints: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """A pod to place, or one that takes room.

    `hard` constraints filter nodes (DoNotSchedule), `soft` ones only score them.
    """

    name: str
    namespace: str
    uid: str
    labels: Mapping[str, str]
    spec: Obj
    request: Amount
    presumed: Amount  # what scores count beside it
    tolerations: tuple[Obj, ...]
    node: str
    terminating: bool
    owner: str
    attracted: tuple[Obj, ...]
    repelled: tuple[Obj, ...]
    preferred: tuple[Obj, ...]
    wishes: tuple[Wish, ...]
    hard: tuple[Constraint, ...]
    soft: tuple[Constraint, ...]
    priority: int
    started: str
    pins: tuple[tuple[Obj, ...], ...]  # of each volume: the node selector terms of its zone


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """A node that may take pods, real or imagined from a group's template."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Obj, ...]
    unschedulable: bool
    capacity: Amount

    @property
    def repelling(self) -> tuple[Obj, ...]:
        """Its taints that repel softly (PreferNoSchedule)."""
        if not self.taints:
            return ()
        return tuple(each for each in self.taints if each["effect"] == "PreferNoSchedule")


def subject(pod: Obj, pins: tuple[tuple[Obj, ...], ...] = ()) -> Subject:
    """Read a pod; `pins` is where its volumes are, which only matters to one without a node."""
    metadata, spec = pod["metadata"], pod["spec"]
    labels: dict[str, str] = metadata.get("labels") or {}
    owners = metadata.get("ownerReferences") or ()
    constraints = [
        _constraint(each, labels)
        for each in spec.get("topologySpreadConstraints") or _defaults(labels, owners)
    ]
    return Subject(
        name=metadata["name"],
        namespace=metadata["namespace"],
        uid=metadata.get("uid", ""),
        labels=labels,
        spec=spec,
        request=requests(spec),
        presumed=presumed(spec),
        tolerations=tuple(spec.get("tolerations") or ()),
        node=spec.get("nodeName") or "",
        terminating=is_terminating(pod),
        owner=owners[0]["uid"] if owners else "",
        attracted=_terms(spec, "podAffinity"),
        repelled=_terms(spec, "podAntiAffinity"),
        preferred=_preferred(spec, "nodeAffinity"),
        wishes=_wishes(spec),
        hard=tuple(each for each in constraints if each.hard),
        soft=tuple(each for each in constraints if not each.hard),
        priority=spec.get("priority") or 0,
        pins=pins,
        started=(pod.get("status") or {}).get("startTime") or _NOT_YET,
    )


def place(node: Obj) -> Place:
    """Read a node."""
    spec = node.get("spec") or {}
    return Place(
        name=node["metadata"]["name"],
        labels=node["metadata"].get("labels") or {},
        taints=tuple(spec.get("taints") or ()),
        unschedulable=bool(spec.get("unschedulable")),
        capacity=amount((node.get("status") or {}).get("allocatable")),
    )


def _terms(spec: Obj, kind: str) -> tuple[Obj, ...]:
    wishes = (spec.get("affinity") or {}).get(kind) or {}
    return tuple(wishes.get("requiredDuringSchedulingIgnoredDuringExecution") or ())


def _wishes(spec: Obj) -> tuple[Wish, ...]:
    found: list[Wish] = []
    for kind, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
        preferred = _preferred(spec, kind)
        found += [(each["podAffinityTerm"], sign * int(each["weight"])) for each in preferred]
    return tuple(found)


def _preferred(spec: Obj, kind: str) -> tuple[Obj, ...]:
    wishes = (spec.get("affinity") or {}).get(kind) or {}
    return tuple(wishes.get("preferredDuringSchedulingIgnoredDuringExecution") or ())


def _defaults(labels: Mapping[str, str], owners: Sequence[Obj]) -> Iterable[Obj]:
    """The scheduler's own soft constraints for pods that state none (KEP-1258)."""
    own = {key: value for key, value in labels.items() if key not in _NAMES}
    if not owners or not own:
        return
    for key, skew in (("topology.kubernetes.io/zone", 5), ("kubernetes.io/hostname", 3)):
        yield {
            "topologyKey": key,
            "maxSkew": skew,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": own},
        }


def _constraint(raw: Obj, labels: Mapping[str, str]) -> Constraint:
    """Read one constraint; matchLabelKeys narrow the selector to the pod's own values."""
    selector: Obj | None = raw.get("labelSelector")
    own = [
        {"key": key, "operator": "In", "values": [labels[key]]}
        for key in raw.get("matchLabelKeys") or ()
        if key in labels
    ]
    if selector is not None and own:
        expressions = [*(selector.get("matchExpressions") or ()), *own]
        selector = {**selector, "matchExpressions": expressions}
    return Constraint(
        key=raw["topologyKey"],
        max_skew=raw["maxSkew"],
        hard=raw.get("whenUnsatisfiable", "DoNotSchedule") == "DoNotSchedule",
        min_domains=raw.get("minDomains") or 1,
        selector=selector,
        honors_affinity=raw.get("nodeAffinityPolicy", "Honor") == "Honor",
        honors_taints=raw.get("nodeTaintsPolicy", "Ignore") == "Honor",
    )
