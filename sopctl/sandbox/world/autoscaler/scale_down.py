"""Scale-down: nodes whose pods fit elsewhere are removed once they are unneeded for long.

Source: cluster-autoscaler/core/scaledown (eligibility, planner, actuation) and simulator/drain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.settings import Settings
from sopctl.sandbox.world.autoscaler.taints import TO_BE_DELETED, has
from sopctl.sandbox.world.controllers.nodes import ready
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.scheduler import Finder
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Place
from sopctl.sandbox.world.scheduling.volumes import pinned
from sopctl.sandbox.world.selecting import selecting
from sopctl.sandbox.world.view import View

DISABLED = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
_SAFE = "cluster-autoscaler.kubernetes.io/safe-to-evict"
_AT_MOST_SINCE = (1, 32)  # a node exactly at the threshold was busy before
_GHOST: Obj = {"key": "ghost-node.cluster-autoscaler.kubernetes.io", "effect": "NoSchedule"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A node that may go, with the group it belongs to."""

    node: Obj
    group: NodeGroup

    @property
    def name(self) -> str:
        """The node's name."""
        return str(self.node["metadata"]["name"])


def unneeded(
    candidates: Iterable[Candidate],
    view: View,
    snapshot: Snapshot,
    settings: Settings,
    finder: Finder,
) -> list[Candidate]:
    """Return the candidates that can be removed together, their pods moved to other nodes."""
    found = []
    for each in candidates:
        if not _eligible(each, snapshot, settings):
            continue
        moved = _without(each, view, snapshot, settings, finder)
        if moved is not None:
            snapshot = moved
            found.append(each)
    return found


def movable(view: View, node: str) -> list[Obj]:
    """Return the pods that a removal has to move: neither daemons nor mirrors nor finished."""
    return [
        pod
        for pod in view.on_node(node)
        if pods.phase(pod) not in pods.FINISHED
        and not pods.is_terminating(pod)
        and (pods.controller(pod) or {}).get("kind") not in {"DaemonSet", "Node"}
    ]


def _eligible(candidate: Candidate, snapshot: Snapshot, settings: Settings) -> bool:
    """Whether a node may be removed at all (core/scaledown/eligibility/eligibility.go)."""
    node = candidate.node
    if (node["metadata"].get("annotations") or {}).get(DISABLED) == "true":
        return False
    if has(node, TO_BE_DELETED):
        return False
    if ready(node) != "True":
        return True  # an unready node is not asked how busy it is
    used, threshold = _utilization(snapshot.seats[candidate.name]), candidate.group.utilization
    return used <= threshold if settings.version >= _AT_MOST_SINCE else used < threshold


def _utilization(seat: Seat) -> float:
    """The larger share of CPU and memory that is requested."""
    capacity = seat.place.capacity
    return max(
        seat.used.cpu / max(capacity.cpu, 1),
        seat.used.memory / max(capacity.memory, 1),
    )


def _without(
    candidate: Candidate, view: View, snapshot: Snapshot, settings: Settings, finder: Finder
) -> Snapshot | None:
    """Return the snapshot with the node's pods moved, or None when one of them cannot."""
    guests = movable(view, candidate.name)
    if any(not _may_move(view, pod, settings) for pod in guests):
        return None
    trial = snapshot.copy()
    trial.move(_ghost(trial.seats[candidate.name].place))
    sitting = {each.uid: each for each in trial.seats[candidate.name].sitting}
    for pod in guests:
        if pod["metadata"]["uid"] in sitting:
            trial.remove(sitting[pod["metadata"]["uid"]], candidate.name)
    for pod in guests:
        guest = pinned(view, pod)
        found = finder.find(guest, trial)
        if found is None:
            return None
        trial.bind(guest, found.place.name)
    return trial


def _ghost(place: Place) -> Place:
    """Since 1.36 the node stays as a tainted ghost, so that its zone still counts."""
    return Place(
        name=place.name,
        labels=place.labels,
        taints=(*place.taints, _GHOST),
        unschedulable=True,
        capacity=place.capacity,
    )


def _may_move(view: View, pod: Obj, settings: Settings) -> bool:
    annotations = pod["metadata"].get("annotations") or {}
    budgets = budgets_of(view, pod)
    if any((each.get("status") or {}).get("disruptionsAllowed", 0) < 1 for each in budgets):
        return False
    if annotations.get(_SAFE) == "true":
        return True
    if annotations.get(_SAFE) == "false" or pods.controller(pod) is None:
        return False
    system = pod["metadata"]["namespace"] == "kube-system"
    if system and settings.skip_system_pods and not budgets:
        return False
    return not (settings.skip_local_storage and _has_local_storage(pod))


def budgets_of(view: View, pod: Obj) -> list[Obj]:
    """Return the budgets that select a pod."""
    metadata = pod["metadata"]
    labels = metadata.get("labels") or {}
    return selecting(view, "poddisruptionbudgets", metadata["namespace"], labels)


def _has_local_storage(pod: Obj) -> bool:
    volumes = pod["spec"].get("volumes") or ()
    return any("emptyDir" in each or "hostPath" in each for each in volumes)


def due(
    found: Sequence[Candidate],
    since: Mapping[str, datetime],
    sizes: Mapping[str, int],
    now: datetime,
) -> list[Candidate]:
    """Return the candidates unneeded for long enough whose group stays above its minimum."""
    left = dict(sizes)
    chosen = []
    for each in found:
        group = each.group
        wait = group.unneeded_time if ready(each.node) == "True" else group.unready_time
        if now - since[each.name] >= wait and left[group.name] > group.min:
            left[group.name] -= 1
            chosen.append(each)
    return chosen
