"""ReplicaSets: as many active pods as wanted, deleting the least valuable first."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.conditions import find
from sopctl.sandbox.world.controllers.loop import RETRY, Work, owner
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.ports import ApiError, Obj
from sopctl.sandbox.world.times import earliest, moment
from sopctl.sandbox.world.view import View

_NAME = "replicaset-controller"
_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def reconcile(view: View, now: datetime) -> datetime | None:
    """Create and delete pods, then report; return when a pod becomes available by waiting."""
    return WORK.once(view, now)


def available_at(pod: Obj, min_ready_seconds: int) -> datetime | None:
    """Return when a ready pod counts as available; None for a pod that is not ready."""
    ready = find(pod, "Ready")
    if ready is None or ready["status"] != "True" or pods.is_terminating(pod):
        return None
    return moment(ready["lastTransitionTime"]) + timedelta(seconds=min_ready_seconds)


def _sync(view: View, replica_set: Obj, now: datetime) -> datetime | None:
    retry = None if _scale(view, replica_set, now) else now + RETRY
    return earliest(retry, _report(view, replica_set, now))


def _scale(view: View, replica_set: Obj, now: datetime) -> bool:
    """Create or delete pods; return False when the API refused one."""
    uid = replica_set["metadata"]["uid"]
    active = [pod for pod in view.owned("pods", uid) if pods.is_active(pod)]
    missing = replica_set["spec"].get("replicas", 1) - len(active)
    if missing > 0:
        return _create(view, replica_set, missing, now)
    if missing < 0:
        crowd = Counter(pods.node_name(pod) for pod in _siblings(view, replica_set))
        active.sort(key=lambda pod: _worth(pod, crowd))
        for pod in active[:-missing]:
            view.delete("pods", pod)
    return True


def _create(view: View, replica_set: Obj, missing: int, now: datetime) -> bool:
    reference = pods.owned_by(replica_set, "ReplicaSet", "apps/v1")
    template = replica_set["spec"]["template"]
    prefix = f"{replica_set['metadata']['name']}-"
    for _ in range(missing):
        pod = pods.from_template(template, replica_set, reference, generateName=prefix)
        try:
            view.create("pods", pod)
        except ApiError as refused:
            text = f"Error creating: {refused.message}"
            news = News(reason="FailedCreate", message=text, component=_NAME, type="Warning")
            record(view, replica_set, news, now)
            return False
    return True


def _siblings(view: View, replica_set: Obj) -> list[Obj]:
    """Return the active pods of all ReplicaSets of the same Deployment."""
    owner = pods.controller(replica_set)
    sets = view.owned("replicasets", owner["uid"]) if owner else [replica_set]
    return [
        pod
        for each in sets
        for pod in view.owned("pods", each["metadata"]["uid"])
        if pods.is_active(pod)
    ]


def _worth(pod: Obj, crowd: Counter[str]) -> tuple[bool, int, bool, int, int, float]:
    """Rank by how little is lost: the first is deleted first (`ActivePodsWithRanks`)."""
    metadata = pod["metadata"]
    cost = int((metadata.get("annotations") or {}).get(_COST, 0))
    created = moment(metadata["creationTimestamp"])
    return (
        bool(pods.node_name(pod)),
        _PHASES.get(pods.phase(pod), 2),
        pods.is_ready(pod),
        cost,
        -crowd[pods.node_name(pod)],
        -created.timestamp(),
    )


def _report(view: View, replica_set: Obj, now: datetime) -> datetime | None:
    metadata, spec = replica_set["metadata"], replica_set["spec"]
    owned = view.owned("pods", metadata["uid"])
    active = [pod for pod in owned if pods.is_active(pod)]
    wanted = (spec["template"].get("metadata") or {}).get("labels") or {}
    labelled = [pod for pod in active if wanted.items() <= pod["metadata"]["labels"].items()]
    moments = [available_at(pod, spec.get("minReadySeconds", 0)) for pod in active]
    status: Obj = {
        "replicas": len(active),
        "fullyLabeledReplicas": len(labelled),
        "readyReplicas": sum(map(pods.is_ready, active)),
        "availableReplicas": sum(1 for each in moments if each is not None and each <= now),
        "observedGeneration": metadata.get("generation", 1),
    }
    view.set_status("replicasets", replica_set, _without_zeros(status))
    return earliest(*(each for each in moments if each is not None and each > now))


def _without_zeros(status: Obj) -> Obj:
    """Counters other than `replicas` are omitted when zero (`omitempty`)."""
    return {key: value for key, value in status.items() if value or key == "replicas"}


WORK = Work(resource="replicasets", sync=_sync, related={"pods": owner("ReplicaSet")})
