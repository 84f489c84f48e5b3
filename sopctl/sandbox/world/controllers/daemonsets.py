"""DaemonSets: one pod on every node that it fits, cordoned and unreachable ones included.

Source: kubernetes/pkg/controller/daemon/daemon_controller.go (`NodeShouldRunDaemonPod`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.controllers import revisions
from sopctl.sandbox.world.controllers.loop import Work, owner
from sopctl.sandbox.world.controllers.rollout import share
from sopctl.sandbox.world.index import Change, Key, key_of
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.affinity import admits
from sopctl.sandbox.world.scheduling.tolerations import untolerated
from sopctl.sandbox.world.view import View

_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
TOLERATIONS: tuple[Obj, ...] = tuple(
    {"key": key, "operator": "Exists", "effect": effect} for key, effect in _TOLERATED
)

_FITS = "fits"


def reconcile(view: View, now: datetime) -> datetime | None:
    """Create pods on nodes without one, delete those of unfit nodes, roll outdated ones."""
    return WORK.once(view, now)


def pod_for(holder: Obj, node: str, revision: str) -> Obj:
    """Return the daemon pod of one node; its affinity lets the scheduler choose nothing else."""
    prefix = f"{holder['metadata']['name']}-"
    reference = pods.owned_by(holder, "DaemonSet", "apps/v1")
    pod = pods.from_template(holder["spec"]["template"], holder, reference, generateName=prefix)
    labels = {**pod["metadata"]["labels"], revisions.LABEL: revision.removeprefix(prefix)}
    fields = [{"key": "metadata.name", "operator": "In", "values": [node]}]
    required = {"nodeSelectorTerms": [{"matchFields": fields}]}
    pod["metadata"]["labels"] = labels
    pod["spec"] = {
        **pod["spec"],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
        "tolerations": [*(pod["spec"].get("tolerations") or ()), *TOLERATIONS],
    }
    return pod


def _sync(view: View, holder: Obj, now: datetime) -> None:
    del now
    revision = revisions.current(view, holder, "DaemonSet")["metadata"]["name"]
    fit = _fit(view, holder)
    alive: dict[str, Obj] = {}
    taken: set[str] = set()
    for pod in list(view.owned("pods", holder["metadata"]["uid"])):
        node = _node_of(pod)
        taken.add(node)
        if pods.is_terminating(pod):
            continue
        if node not in fit or pods.phase(pod) in pods.FINISHED:
            view.delete("pods", pod)
        else:
            alive[node] = pod
    for node in sorted(fit - taken):
        view.create("pods", pod_for(holder, node, revision))
    _roll(view, holder, list(alive.values()), revision, len(fit))
    _report(view, holder, fit, revision)


def _roll(view: View, holder: Obj, alive: list[Obj], revision: str, wanted: int) -> None:
    strategy = holder["spec"].get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return
    limit = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1)
    spare = share(limit, wanted, up=True) - (wanted - sum(map(pods.is_ready, alive)))
    for pod in alive:
        if not _updated(holder, pod, revision) and (spare > 0 or not pods.is_ready(pod)):
            view.delete("pods", pod)
            spare -= 1


def _report(view: View, holder: Obj, fit: set[str], revision: str) -> None:
    owned = [
        pod
        for pod in view.owned("pods", holder["metadata"]["uid"])
        if pods.is_active(pod) and _node_of(pod) in fit
    ]
    ready = sum(map(pods.is_ready, owned))
    status: Obj = {
        "currentNumberScheduled": len(owned),
        "desiredNumberScheduled": len(fit),
        "numberAvailable": ready,
        "numberMisscheduled": 0,
        "numberReady": ready,
        "numberUnavailable": len(fit) - ready,
        "observedGeneration": holder["metadata"].get("generation", 1),
        "updatedNumberScheduled": sum(_updated(holder, pod, revision) for pod in owned),
    }
    optional = ("numberAvailable", "numberUnavailable", "updatedNumberScheduled")
    status = {key: value for key, value in status.items() if value or key not in optional}
    view.set_status("daemonsets", holder, status)


def _fit(view: View, holder: Obj) -> set[str]:
    """Return the names of the nodes that one of its pods is wanted on."""
    metadata = holder["metadata"]
    index = f"fit {metadata['uid']} {metadata.get('generation', 1)}"
    found = view.lookup("nodes", index, _Fitting(holder), _FITS)
    return {each["metadata"]["name"] for each in found}


@dataclass(frozen=True, slots=True)
class _Fitting:
    """Tells whether a node fits one version of a DaemonSet."""

    holder: Obj

    def __call__(self, node: Obj) -> tuple[str, ...]:
        """Return the key of a node that fits, or none."""
        return (_FITS,) if _fits(self.holder, node) else ()


def _fits(holder: Obj, node: Obj) -> bool:
    spec = holder["spec"]["template"]["spec"]
    metadata = node["metadata"]
    if not admits(spec, metadata["name"], metadata.get("labels") or {}):
        return False
    tolerations = (*(spec.get("tolerations") or ()), *TOLERATIONS)
    taints = [each for each in node["spec"].get("taints") or () if not _own_taint(each)]
    return untolerated(taints, tolerations) is None


def _own_taint(taint: Obj) -> bool:
    """Daemon pods are wanted on unreachable nodes too; the scheduler waits for the node."""
    return str(taint["key"]).startswith("node.kubernetes.io/") and taint["effect"] == "NoSchedule"


def _node_of(pod: Obj) -> str:
    if pods.node_name(pod):
        return pods.node_name(pod)
    required = pod["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    return str(required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0])


def _updated(holder: Obj, pod: Obj, revision: str) -> bool:
    label = pod["metadata"]["labels"].get(revisions.LABEL)
    return bool(f"{holder['metadata']['name']}-{label}" == revision)


def _everyone(view: View, change: Change) -> Iterable[Key]:
    """A node that is new, gone or different as a place concerns every DaemonSet."""
    if _seen_of(change.old) != _seen_of(change.new):
        yield from map(key_of, view.all("daemonsets"))


def _seen_of(node: Obj | None) -> tuple[object, ...] | None:
    if node is None:
        return None
    return node["metadata"].get("labels"), node["spec"].get("taints")


WORK = Work(
    resource="daemonsets",
    sync=_sync,
    related={"pods": owner("DaemonSet"), "nodes": _everyone},
)
