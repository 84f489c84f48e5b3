"""Deployments, StatefulSets, budgets, autoscalers and Services from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.seed.catalogue import (
    DEPLOYMENTS,
    STATEFUL_SETS,
    Budget,
    Row,
    Scaling,
    Style,
)

HOSTNAME = "kubernetes.io/hostname"
Written = tuple[str, Obj]  # (resource, object)


def namespaces() -> tuple[str, ...]:
    """Return the namespaces that hold workloads."""
    return (*DEPLOYMENTS, *STATEFUL_SETS)


def objects() -> Iterator[Written]:
    """Yield every object of the catalogue, owners before what belongs to them."""
    for namespace, rows in DEPLOYMENTS.items():
        for row in rows:
            yield from deployed(namespace, row)
    for namespace, rows in STATEFUL_SETS.items():
        for row in rows:
            yield "statefulsets", stateful_set(namespace, row)
            yield from _belongings(namespace, row, headless=True)
    yield "jobs", _job()


def deployed(namespace: str, row: Row) -> Iterator[Written]:
    """Yield the Deployment of a row and everything that belongs to it."""
    yield "deployments", deployment(namespace, row)
    yield from _belongings(namespace, row)


def deployment(namespace: str, row: Row) -> Obj:
    """Return the Deployment of a row."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(namespace, row),
        "spec": {
            "replicas": row.replicas,
            "selector": {"matchLabels": _selector(row)},
            "template": _template(namespace, row),
        },
    }


def stateful_set(namespace: str, row: Row) -> Obj:
    """Return the StatefulSet of a row."""
    made = deployment(namespace, row)
    spec = {**made["spec"], "serviceName": row.name}
    return {**made, "kind": "StatefulSet", "spec": spec}


def constraints(row: Row) -> list[Obj]:
    """Return the topology spread constraints of a style."""
    selector = {"matchLabels": _selector(row)}
    zone = _constraint(ZONE, "DoNotSchedule", selector)
    soft_zone = {**_constraint(ZONE, "ScheduleAnyway", selector), "maxSkew": 2}
    host = _constraint(HOSTNAME, "DoNotSchedule", selector)
    soft_host = _constraint(HOSTNAME, "ScheduleAnyway", selector)
    styles: dict[Style, list[Obj]] = {
        "none": [],
        "zone": [zone],
        "domains": [{**zone, "minDomains": 3}],
        "host": [zone, soft_host],
        "hosts": [zone, {**host, "maxSkew": 2}],
        "soft": [_constraint(ZONE, "ScheduleAnyway", selector)],
        "both": [zone, soft_zone],
        "honor": [{**zone, "nodeTaintsPolicy": "Honor"}],
        "revision": [{**zone, "matchLabelKeys": ["pod-template-hash"]}],
        "purchase": [zone, _constraint("lifecycle", "DoNotSchedule", selector)],
    }
    return styles[row.style]


def _constraint(key: str, when: str, selector: Obj) -> Obj:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": when,
        "labelSelector": selector,
    }


def _belongings(namespace: str, row: Row, *, headless: bool = False) -> Iterator[Written]:
    yield "services", _service(namespace, row, headless=headless)
    if row.budget:
        yield "poddisruptionbudgets", _budget(namespace, row)
    if row.scaling:
        yield "horizontalpodautoscalers", _autoscaler(namespace, row)


def _metadata(namespace: str, row: Row) -> Obj:
    labels = {**_selector(row), "app.kubernetes.io/part-of": namespace}
    return {"name": row.name, "namespace": namespace, "labels": labels}


def _selector(row: Row) -> dict[str, str]:
    return {"app.kubernetes.io/name": row.name}


def _template(namespace: str, row: Row) -> Obj:
    container = {
        "name": row.name,
        "image": f"registry.sandbox.local/{namespace}/{row.name}:1.0.0",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": f"{row.cpu}m", "memory": f"{2 * row.cpu}Mi"}},
    }
    spec: Obj = {"containers": [container]}
    spread = constraints(row)
    if spread:
        spec["topologySpreadConstraints"] = spread
    if namespace == "batch":
        spec |= _on_batch_nodes()
    return {"metadata": {"labels": _metadata(namespace, row)["labels"]}, "spec": spec}


def _on_batch_nodes() -> Obj:
    toleration = {
        "key": "dedicated",
        "operator": "Equal",
        "value": "batch",
        "effect": "NoSchedule",
    }
    return {"nodeSelector": {"workload": "batch"}, "tolerations": [toleration]}


def _service(namespace: str, row: Row, *, headless: bool) -> Obj:
    port = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}
    spec: Obj = {"selector": _selector(row), "ports": [port]}
    if headless:
        spec["clusterIP"] = "None"
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(namespace, row),
        "spec": spec,
    }


def _budget(namespace: str, row: Row) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(namespace, row),
        "spec": {
            "selector": {"matchLabels": _selector(row)},
            **_budget_rule(row.budget, row.replicas),
        },
    }


def _budget_rule(budget: Budget, replicas: int) -> Obj:
    match budget:
        case "quarter":
            return {"maxUnavailable": "25%"}
        case "half":
            return {"minAvailable": "50%"}
        case "all-but-one":
            return {"minAvailable": replicas - 1}
        case "always":
            return {"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
        case "one" | "":
            return {"maxUnavailable": 1}


def _autoscaler(namespace: str, row: Row) -> Obj:
    target = {"type": "Utilization", "averageUtilization": 70}
    spec: Obj = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": row.name},
        "minReplicas": max(1, row.replicas // 2),
        "maxReplicas": row.replicas * 3,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
    }
    behavior = _behavior(row.scaling)
    if behavior is not None:
        spec["behavior"] = behavior
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _metadata(namespace, row),
        "spec": spec,
    }


def _behavior(scaling: Scaling) -> Obj | None:
    if scaling in {"", "absent"}:
        return None
    policies = [{"type": "Percent", "value": 50, "periodSeconds": 60}]
    if scaling == "up":
        return {"scaleUp": {"stabilizationWindowSeconds": 30, "policies": policies}}
    return {"scaleDown": {"selectPolicy": scaling, "policies": policies}}


def _job() -> Obj:
    """A long run, which no Deployment brings back: a drain has to say so."""
    container = {
        "name": "reindex",
        "image": "registry.sandbox.local/batch/reindex:1.0.0",
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
    }
    spec = {"restartPolicy": "Never", "containers": [container], **_on_batch_nodes()}
    template = {"metadata": {"labels": {"app.kubernetes.io/name": "reindex"}}, "spec": spec}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "reindex", "namespace": "batch"},
        "spec": {"parallelism": 2, "completions": 2, "backoffLimit": 6, "template": template},
    }
