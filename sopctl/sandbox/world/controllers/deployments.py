"""Deployments: one ReplicaSet per template, and a rolling update between them.

Source: kubernetes/pkg/controller/deployment (rolling.go, sync.go, progress.go). Proportional
scaling of a half-done rollout is left out: the old ReplicaSets keep their size until they shrink.
"""

from __future__ import annotations

from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.controllers.deployment_status import report
from sopctl.sandbox.world.controllers.loop import Work, owner
from sopctl.sandbox.world.controllers.rollout import Bounds, bounds
from sopctl.sandbox.world.controllers.templates import template_hash
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import moment
from sopctl.sandbox.world.view import View

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
_NAME = "deployment-controller"


def reconcile(view: View, now: datetime) -> datetime | None:
    """Bring every Deployment one step nearer to its template and size."""
    return WORK.once(view, now)


def _sync(view: View, deployment: Obj, now: datetime) -> datetime | None:
    name = template_hash(deployment["spec"]["template"])
    sets = view.owned("replicasets", deployment["metadata"]["uid"])
    new = next((each for each in sets if each["metadata"]["labels"].get(HASH) == name), None)
    if deployment["spec"].get("paused"):
        _scale_paused(view, deployment, sets, now)
    else:
        new = new or _create(view, deployment, name, sets)
        deployment = _mark_revision(view, deployment, new, sets)
        old = [each for each in sets if each is not new]
        _roll(view, deployment, new, old, now)
        _clean(view, deployment, old)
    return report(view, deployment, HASH, name, now)


def _scale_paused(view: View, deployment: Obj, sets: list[Obj], now: datetime) -> None:
    """A paused Deployment does not roll, and its only set in use still follows the size."""
    active = [each for each in sets if _size(each)]
    if len(active) == 1:
        _resize(view, deployment, active[0], deployment["spec"].get("replicas", 1), now)


def _roll(view: View, deployment: Obj, new: Obj, old: list[Obj], now: datetime) -> None:
    wanted = deployment["spec"].get("replicas", 1)
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        for each in old:
            _resize(view, deployment, each, 0, now)
        if not any((each.get("status") or {}).get("replicas") for each in old):
            _resize(view, deployment, new, wanted, now)
        return
    limits = bounds(deployment["spec"])
    total = sum(map(_size, (new, *old)))
    room = max(0, wanted + limits.surge - total)
    grown = min(wanted, _size(new) + room) if _size(new) < wanted else wanted
    new = _resize(view, deployment, new, grown, now)
    _shrink_old(view, deployment, new, old, limits, now)  # sizes are counted after the growth


def _shrink_old(
    view: View, deployment: Obj, new: Obj, old: list[Obj], limits: Bounds, now: datetime
) -> None:
    """Take unhealthy old pods first, then as many as stay above the minimum available."""
    everything = (new, *old)
    minimum = deployment["spec"].get("replicas", 1) - limits.unavailable
    spare = sum(map(_size, everything)) - minimum - (_size(new) - _available(new))
    over = sum(map(_available, everything)) - minimum
    for each in sorted(old, key=_age):
        sick = min(spare, _size(each) - _available(each))
        healthy = min(over, spare - max(sick, 0), _size(each) - max(sick, 0))
        taken = max(sick, 0) + max(healthy, 0)
        if taken > 0 and spare > 0:
            _resize(view, deployment, each, _size(each) - taken, now)
            spare -= taken
            over -= max(healthy, 0)


def _create(view: View, deployment: Obj, name: str, sets: list[Obj]) -> Obj:
    metadata, spec = deployment["metadata"], deployment["spec"]
    template = spec["template"]
    source = template.get("metadata") or {}
    labels = {**(source.get("labels") or {}), HASH: name}
    selector = spec["selector"]
    chosen = {**(selector.get("matchLabels") or {}), HASH: name}
    return view.create(
        "replicasets",
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{metadata['name']}-{name}",
                "namespace": metadata["namespace"],
                "labels": labels,
                "annotations": {REVISION: str(_last_revision(sets) + 1)},
                "ownerReferences": [pods.owned_by(deployment, "Deployment", "apps/v1")],
            },
            "spec": {
                "replicas": 0,
                "minReadySeconds": spec.get("minReadySeconds", 0),
                "selector": {**selector, "matchLabels": chosen},
                "template": {**template, "metadata": {**source, "labels": labels}},
            },
        },
    )


def _mark_revision(view: View, deployment: Obj, new: Obj, sets: list[Obj]) -> Obj:
    """The set in use carries the highest revision; an old template used again is renumbered."""
    others = [each for each in sets if each["metadata"]["uid"] != new["metadata"]["uid"]]
    own = _revision(new)
    if others and own <= _last_revision(others):
        own = _last_revision(others) + 1
        view.patch("replicasets", new, {"metadata": {"annotations": {REVISION: str(own)}}})
    annotations = deployment["metadata"].get("annotations") or {}
    if annotations.get(REVISION) == str(own):
        return deployment
    return view.patch(
        "deployments", deployment, {"metadata": {"annotations": {REVISION: str(own)}}}
    )


def _resize(view: View, deployment: Obj, replica_set: Obj, size: int, now: datetime) -> Obj:
    before = _size(replica_set)
    if before == size:
        return replica_set
    name = replica_set["metadata"]["name"]
    way = "up" if size > before else "down"
    text = f"Scaled {way} replica set {name} from {before} to {size}"
    news = News(reason="ScalingReplicaSet", message=text, component=_NAME)
    record(view, deployment, news, now)
    return view.patch("replicasets", replica_set, {"spec": {"replicas": size}})


def _clean(view: View, deployment: Obj, old: list[Obj]) -> None:
    """Forget the oldest empty ReplicaSets beyond revisionHistoryLimit."""
    empty = sorted(
        (e for e in old if not _size(e) and not (e.get("status") or {}).get("replicas")),
        key=_revision,
    )
    limit = deployment["spec"].get("revisionHistoryLimit", 10)
    for each in empty[: max(0, len(empty) - limit)]:
        view.delete("replicasets", each)


def _size(replica_set: Obj) -> int:
    return int(replica_set["spec"].get("replicas", 1))


def _available(replica_set: Obj) -> int:
    return int((replica_set.get("status") or {}).get("availableReplicas", 0))


def _revision(replica_set: Obj) -> int:
    annotations = replica_set["metadata"].get("annotations") or {}
    return int(annotations.get(REVISION, 0))


def _last_revision(sets: list[Obj]) -> int:
    return max(map(_revision, sets), default=0)


def _age(replica_set: Obj) -> datetime:
    return moment(replica_set["metadata"]["creationTimestamp"])


WORK = Work(resource="deployments", sync=_sync, related={"replicasets": owner("Deployment")})
