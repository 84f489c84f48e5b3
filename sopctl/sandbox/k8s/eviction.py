"""The eviction API: a deletion that disruption budgets may refuse.

Source: pkg/registry/core/pod/storage/eviction.go of Kubernetes 1.36. The budgets' status is what
decides; keeping it current is the disruption controller's work, not this module's.
"""

from __future__ import annotations

from http import HTTPStatus

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import ApiError, cause, forbidden, too_many_requests
from sopctl.sandbox.k8s.objects import Key, Obj, dig, stamp
from sopctl.sandbox.k8s.request import Request, Response, Route, answer
from sopctl.sandbox.k8s.selectors import selects
from sopctl.sandbox.k8s.verbs.deleting import deletion
from sopctl.sandbox.k8s.writer import Deletion, Write

_MOST_DISRUPTED = 2000
_RETRY_SECONDS = 10
_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."


def evict(cluster: Cluster, request: Request, route: Route) -> Response:
    """POST of an Eviction: 201 when the deletion has begun, 429 when a budget says not now."""
    body = request.object()
    write, wanted = request.write(), deletion(request)
    with cluster.lock:
        meta = {**(body.get("metadata") or {}), "name": route.name, "namespace": route.namespace}
        cluster.writer.judge(route.kind, {**body, "metadata": meta}, None, write, "eviction")
    begin_eviction(cluster, route.key, wanted, write)
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "code": 201,
    }
    return answer(status, HTTPStatus.CREATED)


def begin_eviction(cluster: Cluster, key: Key, wanted: Deletion, write: Write) -> None:
    """Delete a pod if its budget allows it, and take it off the budget.

    Raises ApiError 404, 409 (precondition), 429 (budget), 500 (two budgets), 403.
    """
    with cluster.lock:
        writer = cluster.writer
        kind = cluster.registry.named("pods")
        pod = writer.existing(kind, key)
        if wanted.uid is not None and wanted.uid != pod["metadata"]["uid"]:
            # Refused before a budget is charged, by the same words as the deletion's own check.
            writer.delete(kind, key, wanted, write)
        budget = None if _ignores_budget(pod) else _budget_of(cluster, pod)
        if budget is not None and not _unhealthy_goes_free(pod, budget):
            _charge(cluster, budget, pod, write)
        writer.delete(kind, key, wanted, write)


def _ignores_budget(pod: Obj) -> bool:
    phase = dig(pod, "status", "phase")
    return phase in ("Pending", "Succeeded", "Failed") or bool(
        pod["metadata"].get("deletionTimestamp")
    )


def _budget_of(cluster: Cluster, pod: Obj) -> Obj | None:
    meta = pod["metadata"]
    labels = meta.get("labels") or {}
    budgets = [
        budget
        for budget in cluster.peek("poddisruptionbudgets", meta["namespace"])
        if selects(budget.get("spec", {}).get("selector"), labels)
    ]
    if len(budgets) > 1:
        raise ApiError(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "InternalError",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support.",
        )
    return budgets[0] if budgets else None


def _unhealthy_goes_free(pod: Obj, budget: Obj) -> bool:
    conditions = dig(pod, "status", "conditions") or ()
    if any(item["type"] == "Ready" and item["status"] == "True" for item in conditions):
        return False
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    # IfHealthyBudget: only while the application is not disrupted.
    desired = status.get("desiredHealthy", 0)
    return bool(desired > 0 and status.get("currentHealthy", 0) >= desired)


def _charge(cluster: Cluster, budget: Obj, pod: Obj, write: Write) -> None:
    status = budget.get("status") or {}
    name = budget["metadata"]["name"]
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 1):
        message = f"The disruption budget {name} is still being processed by the server."
        raise too_many_requests(
            _REFUSED, causes=[cause("DisruptionBudget", "", message)], retry_after=_RETRY_SECONDS
        )
    allowed = status.get("disruptionsAllowed", 0)
    if allowed < 0:
        raise forbidden("poddisruptionbudgets.policy", name, "pdb disruptions allowed is negative")
    disrupted = status.get("disruptedPods") or {}
    if len(disrupted) > _MOST_DISRUPTED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise forbidden("poddisruptionbudgets.policy", name, why)
    if allowed == 0:
        message = (
            f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods "
            f"and has {status.get('currentHealthy', 0)} currently"
        )
        raise too_many_requests(_REFUSED, causes=[cause("DisruptionBudget", "", message)])
    if write.dry_run:
        return
    marks = {**disrupted, pod["metadata"]["name"]: stamp(cluster.now())}
    changed = {**status, "disruptionsAllowed": allowed - 1, "disruptedPods": marks}
    kind = cluster.registry.named("poddisruptionbudgets")
    cluster.writer.update(kind, {**budget, "status": changed}, Write(), "status")
