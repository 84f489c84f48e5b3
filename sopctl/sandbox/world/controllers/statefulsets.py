"""StatefulSets: named pods in order; a name is free again only when its pod is really gone.

Source: kubernetes/pkg/controller/statefulset/stateful_set_control.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.controllers import revisions
from sopctl.sandbox.world.controllers.loop import Work, owner
from sopctl.sandbox.world.events import News, record
from sopctl.sandbox.world.ports import ApiError, Obj
from sopctl.sandbox.world.view import View

_NAME = "statefulset-controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """One set with what decides its next step."""

    owner: Obj
    update: str
    ordered: bool
    first: int
    replicas: int

    def pod_name(self, ordinal: int) -> str:
        return f"{self.owner['metadata']['name']}-{ordinal}"


def reconcile(view: View, now: datetime) -> datetime | None:
    """Take at most one step for an ordered set, all possible ones for a parallel set."""
    return WORK.once(view, now)


def _sync(view: View, whole: Obj, now: datetime) -> datetime | None:
    spec = whole["spec"]
    plan = _Plan(
        owner=whole,
        update=revisions.current(view, whole, "StatefulSet")["metadata"]["name"],
        ordered=spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady",
        first=(spec.get("ordinals") or {}).get("start", 0),
        replicas=spec.get("replicas", 1),
    )
    if _fill(view, plan, now) and _condemn(view, plan):
        _update(view, plan)
    _report(view, plan)
    return None


def _fill(view: View, plan: _Plan, now: datetime) -> bool:
    """Create what is missing; return whether every wanted pod is well (or order is no matter)."""
    for ordinal in range(plan.first, plan.first + plan.replicas):
        pod = view.get("pods", plan.pod_name(ordinal), plan.owner["metadata"]["namespace"])
        if pod is None:
            _create(view, plan, ordinal, now)
        elif pods.phase(pod) in pods.FINISHED and not pods.is_terminating(pod):
            view.delete("pods", pod)
        if plan.ordered and not _healthy(pod):
            return False
    return True


def _condemn(view: View, plan: _Plan) -> bool:
    """Delete the pods beyond the size, highest first; return whether none is left."""
    limit = plan.first + plan.replicas
    extra = [pod for pod in _owned(view, plan) if not plan.first <= _ordinal(pod) < limit]
    for pod in sorted(extra, key=_ordinal, reverse=True):
        if not pods.is_terminating(pod):
            view.delete("pods", pod)
        if plan.ordered:
            return False
    return not extra


def _update(view: View, plan: _Plan) -> None:
    """Replace one outdated pod, from the highest ordinal down to the partition."""
    strategy = plan.owner["spec"].get("updateStrategy") or {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return
    for pod in sorted(_owned(view, plan), key=_ordinal, reverse=True):
        if _ordinal(pod) < _partition(plan):
            return
        if _revision(pod) != plan.update and not pods.is_terminating(pod):
            view.delete("pods", pod)
            return
        if not _healthy(pod):
            return


def _create(view: View, plan: _Plan, ordinal: int, now: datetime) -> None:
    whole, name = plan.owner, plan.pod_name(ordinal)
    revision = _revision_for(plan, ordinal)
    reference = pods.owned_by(whole, "StatefulSet", "apps/v1")
    template = revisions.template(view, whole, revision)
    pod = pods.from_template(template, whole, reference, name=name)
    pod["metadata"]["labels"] = {
        **pod["metadata"]["labels"],
        revisions.LABEL: revision,
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(ordinal),
    }
    pod["spec"] = {
        **pod["spec"],
        "hostname": name,
        "subdomain": whole["spec"]["serviceName"],
        **_volumes(view, plan, name, pod["spec"]),
    }
    try:
        view.create("pods", pod)
    except ApiError as refused:
        text = f"create Pod {name} in StatefulSet failed error: {refused.message}"
        news = News(reason="FailedCreate", message=text, component=_NAME, type="Warning")
        record(view, whole, news, now)
        raise


def _volumes(view: View, plan: _Plan, pod: str, spec: Obj) -> Obj:
    """Claim a volume for each template, which outlives the pod that bears its name."""
    owner_, volumes = plan.owner, []
    for claim in owner_["spec"].get("volumeClaimTemplates") or ():
        base = claim["metadata"]["name"]
        name, namespace = f"{base}-{pod}", owner_["metadata"]["namespace"]
        if view.get("persistentvolumeclaims", name, namespace) is None:
            metadata = {"name": name, "namespace": namespace}
            made = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
            view.create("persistentvolumeclaims", {**made, "spec": claim["spec"]})
        volumes.append({"name": base, "persistentVolumeClaim": {"claimName": name}})
    return {"volumes": [*(spec.get("volumes") or ()), *volumes]} if volumes else {}


def _revision_for(plan: _Plan, ordinal: int) -> str:
    """Below the partition a pod comes back with the revision it had."""
    known = (plan.owner.get("status") or {}).get("currentRevision") or plan.update
    return str(known) if ordinal < _partition(plan) else plan.update


def _report(view: View, plan: _Plan) -> None:
    owned = _owned(view, plan)
    before = plan.owner.get("status") or {}
    known = before.get("currentRevision") or plan.update
    updated = [pod for pod in owned if _revision(pod) == plan.update]
    ready = [pod for pod in owned if _healthy(pod)]
    whole = len(updated) == len(ready) == plan.replicas == len(owned)
    if whole and _partition(plan) == 0:
        known = plan.update
    old = [pod for pod in owned if _revision(pod) == known]
    status: Obj = {
        "observedGeneration": plan.owner["metadata"].get("generation", 1),
        "replicas": len(owned),
        "readyReplicas": len(ready),
        "availableReplicas": len(ready),
        "currentReplicas": len(old),
        "updatedReplicas": len(updated),
        "currentRevision": known,
        "updateRevision": plan.update,
        "collisionCount": 0,
    }
    optional = ("readyReplicas", "currentReplicas", "updatedReplicas")
    status = {key: value for key, value in status.items() if value or key not in optional}
    view.set_status("statefulsets", plan.owner, status)


def _owned(view: View, plan: _Plan) -> list[Obj]:
    return list(view.owned("pods", plan.owner["metadata"]["uid"]))


def _healthy(pod: Obj | None) -> bool:
    return pod is not None and pods.is_ready(pod) and not pods.is_terminating(pod)


def _ordinal(pod: Obj) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _revision(pod: Obj) -> str:
    return str(pod["metadata"]["labels"].get(revisions.LABEL, ""))


def _partition(plan: _Plan) -> int:
    strategy = plan.owner["spec"].get("updateStrategy") or {}
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)


WORK = Work(resource="statefulsets", sync=_sync, related={"pods": owner("StatefulSet")})
