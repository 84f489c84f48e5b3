"""A cluster at one moment, as a person in an incident wants to see it: what views draw.

Pure values. Times are texts in RFC 3339, of the target's clock; spans of time are seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sopctl.core.codec import Json


class PodState(StrEnum):
    """What a pod on a node is."""

    READY = "ready"
    NOT_READY = "not ready"
    LEAVING = "leaving"  # it is being deleted


class Leaving(StrEnum):
    """Why a node is about to go, by the taint that says so; empty: it is not."""

    NOT = ""
    INTERRUPTED = "interrupted"  # EC2 takes it: spot, scheduled maintenance, a lifecycle hook
    REMOVED = "removed"  # an autoscaler takes it away


class Discovery(StrEnum):
    """Whether an autoscaler scales a group: the cluster autoscaler, or Karpenter."""

    SCALED = "scaled"
    TAKEN_OUT = "taken out"  # a run removed what it is discovered by, or stopped the NodePool
    OUTSIDE = "outside"  # it is not scaled, and no run is known to be the reason
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodNow:
    """*name* is ``namespace/name``."""

    name: str
    state: PodState


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNow:
    """*group* is the name of a GroupNow, or empty: nobody knows. *capacity*: see facts.purchase.

    *kept*: the autoscaler may not remove it. *full*: how much of it pods have asked for, of what is
    scarcest there; 1.0 is all, None is not known.
    """

    name: str
    zone: str
    group: str
    capacity: str
    ready: bool
    cordoned: bool = False
    leaving: Leaving = Leaving.NOT
    kept: bool = False
    full: float | None = None
    pods: tuple[PodNow, ...] = ()

    def count(self, state: PodState) -> int:
        return sum(pod.state is state for pod in self.pods)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNow:
    """An Auto Scaling group, a NodePool, or the node group that labels of nodes name.

    *title* is what people call it. *buys*: spot, on-demand, mixed, or empty. *zones*: where it may
    have nodes; empty is not known. *desired* is None where no Auto Scaling group is known. *run*
    took it out of the autoscaler. *coming*: instances by zone that are no node yet.
    """

    name: str
    title: str
    buys: str = ""
    zones: tuple[str, ...] = ()
    min: int = 0
    max: int = 0
    desired: int | None = None
    discovery: Discovery = Discovery.UNKNOWN
    run: str = ""
    suspended: tuple[str, ...] = ()
    coming: Mapping[str, int] = field(default_factory=dict)

    def bars(self, zone: str) -> bool:
        """Whether it is known to get no new nodes in *zone* from an autoscaler."""
        elsewhere = bool(self.zones) and zone not in self.zones
        return self.discovery is Discovery.TAKEN_OUT or elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneNow:
    """*state* is what EC2 says of the zone; empty: it did not answer."""

    name: str
    id: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Pods without a node, for the same *reasons*: sentences of the scheduler without numbers.

    *owners* are ``namespace/name`` and how many pods of it wait, the most first.
    """

    reasons: tuple[str, ...]
    pods: int
    owners: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Traffic is shifted away from *zone* (an id) until *until*, in *left* seconds; empty: open.

    *resources* are such as ``cluster shop``. *comment* is what the shift says of itself.
    """

    zone: str
    resources: tuple[str, ...]
    until: str = ""
    left: float | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A run that is open or has changes in place; *steps* say how many.

    *due* are the seconds until it should be rolled back, negative when it is overdue. *takes_back*
    is the run that it rolls back.
    """

    run: str
    runbook: str
    state: str
    who: str
    age: float
    due: float | None = None
    incident: str = ""
    waits: str = ""
    takes_back: str = ""
    steps: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A run that objects are marked by, and that our journal has nothing in place of.

    *objects*: what they are, and how many.
    """

    run: str
    objects: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """*what* could not be read, and *why*; *since*: what is shown of it was read then."""

    what: tuple[str, ...]
    why: str
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything at once; *target* is as plans have it (see ``app.desk``)."""

    target: Mapping[str, Json]
    at: str
    zones: tuple[ZoneNow, ...] = ()
    groups: tuple[GroupNow, ...] = ()
    nodes: tuple[NodeNow, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    away: tuple[Away, ...] = ()
    held: tuple[Held, ...] = ()
    marked: tuple[Marked, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def blind(self, what: str) -> bool:
        """Whether nothing is known of a subject: to see none of it does not mean there is none."""
        return any(what in gap.what and not gap.since for gap in self.gaps)

    def in_zone(self, zone: str) -> tuple[NodeNow, ...]:
        """The nodes of the zone of that name."""
        return tuple(node for node in self.nodes if node.zone == zone)


@dataclass(frozen=True, slots=True)
class Sums:
    """What many nodes add up to; *dead* are not ready, *pods* are all that are on them."""

    nodes: int = 0
    dead: int = 0
    cordoned: int = 0
    going: int = 0
    kept: int = 0
    pods: int = 0
    pods_not_ready: int = 0
    pods_leaving: int = 0


def sums(nodes: Collection[NodeNow]) -> Sums:
    """Count *nodes* and the pods on them."""
    found = Counter(pod.state for node in nodes for pod in node.pods)
    return Sums(
        nodes=len(nodes),
        dead=sum(not node.ready for node in nodes),
        cordoned=sum(node.cordoned for node in nodes),
        going=sum(node.leaving is not Leaving.NOT for node in nodes),
        kept=sum(node.kept for node in nodes),
        pods=found.total(),
        pods_not_ready=found[PodState.NOT_READY],
        pods_leaving=found[PodState.LEAVING],
    )
