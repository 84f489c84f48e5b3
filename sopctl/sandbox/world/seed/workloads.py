"""Deployments, StatefulSets, budgets, autoscalers and Services from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from sopctl.sandbox.scenario.inhabitants import Budget, Scaling, Style, Workload, WorldShape
from sopctl.sandbox.world.demand import BALANCER, CALLS, POD_RPS, RPS
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.seed.taints import toleration

HOSTNAME = "kubernetes.io/hostname"
Written = tuple[str, Obj]  # (resource, object)


def objects(world: WorldShape) -> Iterator[Written]:
    """Yield every object of a world's workloads, owners before what belongs to them."""
    zones = len(world.zones)
    for namespace, rows in world.workloads.items():
        for row in rows:
            match row.kind:
                case "Deployment":
                    yield "deployments", deployment(namespace, row, zones)
                case "StatefulSet":
                    yield "statefulsets", stateful_set(namespace, row, zones)
                case "Job":
                    yield "jobs", _job(namespace, row, zones)
            yield from _belongings(namespace, row)


def deployment(namespace: str, row: Workload, zones: int = 3) -> Obj:
    """Return the Deployment of a row."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**_metadata(namespace, row), **_traffic(row)},
        "spec": {
            "replicas": row.replicas,
            "selector": {"matchLabels": _selector(row)},
            "template": _template(namespace, row, zones),
        },
    }


def stateful_set(namespace: str, row: Workload, zones: int = 3) -> Obj:
    """Return the StatefulSet of a row."""
    made = deployment(namespace, row, zones)
    spec = {**made["spec"], "serviceName": row.name}
    return {**made, "kind": "StatefulSet", "spec": spec}


def constraints(row: Workload, zones: int = 3) -> list[Obj]:
    """Return the topology spread constraints of a style, in a world of so many zones."""
    selector = {"matchLabels": _selector(row)}
    zone = _constraint(ZONE, "DoNotSchedule", selector)
    soft_zone = {**_constraint(ZONE, "ScheduleAnyway", selector), "maxSkew": 2}
    host = _constraint(HOSTNAME, "DoNotSchedule", selector)
    soft_host = _constraint(HOSTNAME, "ScheduleAnyway", selector)
    styles: dict[Style, list[Obj]] = {
        "none": [],
        "zone": [zone],
        "domains": [{**zone, "minDomains": zones}],
        "host": [zone, soft_host],
        "hosts": [zone, {**host, "maxSkew": 2}],
        "soft": [_constraint(ZONE, "ScheduleAnyway", selector)],
        "both": [zone, soft_zone],
        "honor": [{**zone, "nodeTaintsPolicy": "Honor"}],
        "revision": [{**zone, "matchLabelKeys": ["pod-template-hash"]}],
        "purchase": [zone, _constraint("lifecycle", "DoNotSchedule", selector)],
    }
    return styles[row.spread]


def _constraint(key: str, when: str, selector: Obj) -> Obj:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": when,
        "labelSelector": selector,
    }


def _belongings(namespace: str, row: Workload) -> Iterator[Written]:
    if row.kind != "Job":
        yield "services", _service(namespace, row, headless=row.kind == "StatefulSet")
    if row.budget != "none":
        yield "poddisruptionbudgets", _budget(namespace, row)
    if row.scaling != "none":
        yield "horizontalpodautoscalers", _autoscaler(namespace, row)


def _metadata(namespace: str, row: Workload) -> Obj:
    labels = {**_selector(row), "app.kubernetes.io/part-of": namespace}
    return {"name": row.name, "namespace": namespace, "labels": labels}


def _selector(row: Workload) -> dict[str, str]:
    return {"app.kubernetes.io/name": row.name}


def _template(namespace: str, row: Workload, zones: int) -> Obj:
    container = {
        "name": row.name,
        "image": f"registry.sandbox.local/{namespace}/{row.name}:1.0.0",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": f"{row.cpu}m", "memory": _memory(row)}},
    }
    spec: Obj = {"containers": [container]}
    spread = constraints(row, zones)
    if spread:
        spec["topologySpreadConstraints"] = spread
    spec |= _chosen_nodes(row)
    return {"metadata": {"labels": _metadata(namespace, row)["labels"]}, "spec": spec}


def _chosen_nodes(row: Workload) -> Obj:
    chosen: Obj = {"nodeSelector": dict(row.nodes)} if row.nodes else {}
    if row.tolerates:
        chosen["tolerations"] = [toleration(taint) for taint in row.tolerates]
    return chosen


def _traffic(row: Workload) -> Obj:
    """What the workload says about its traffic; nothing if it has none."""
    said: dict[str, str] = {}
    if row.rps:
        said[RPS] = str(row.rps)
    if row.pod_rps is not None:
        said[POD_RPS] = str(row.pod_rps)
    if row.calls:
        said[CALLS] = ",".join(f"{name}={times:g}" for name, times in row.calls.items())
    return {"annotations": said} if said else {}


def _memory(row: Workload) -> str:
    gib, rest = divmod(row.mebibytes, 1024)
    return f"{row.mebibytes}Mi" if rest else f"{gib}Gi"


def _service(namespace: str, row: Workload, *, headless: bool) -> Obj:
    port = {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}
    spec: Obj = {"selector": _selector(row), "ports": [port]}
    if headless:
        spec["clusterIP"] = "None"
    metadata = _metadata(namespace, row)
    if row.balancer is not None:
        metadata["annotations"] = {BALANCER: row.balancer}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": spec,
    }


def _budget(namespace: str, row: Workload) -> Obj:
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
        case "one" | "none":
            return {"maxUnavailable": 1}


def _autoscaler(namespace: str, row: Workload) -> Obj:
    target = {"type": "Utilization", "averageUtilization": 70}
    spec: Obj = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": row.kind, "name": row.name},
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
    if scaling in {"none", "absent"}:
        return None
    policies = [{"type": "Percent", "value": 50, "periodSeconds": 60}]
    if scaling == "up":
        return {"scaleUp": {"stabilizationWindowSeconds": 30, "policies": policies}}
    return {"scaleDown": {"selectPolicy": scaling, "policies": policies}}


def _job(namespace: str, row: Workload, zones: int) -> Obj:
    """A run that no Deployment brings back: a drain has to say so."""
    made = _template(namespace, row, zones)
    labels, container = _selector(row), {**made["spec"]["containers"][0]}
    del container["ports"]
    spec = {**made["spec"], "restartPolicy": "Never", "containers": [container]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": row.name, "namespace": namespace},
        "spec": {
            "parallelism": row.replicas,
            "completions": row.replicas,
            "backoffLimit": 6,
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
