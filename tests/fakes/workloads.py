"""Short Kubernetes objects for tests."""

from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj

ZONE_KEY = "topology.kubernetes.io/zone"


def node(name: str, zone: str = "us-east-1a", *, cpu: str = "4", **labels: str) -> Obj:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {ZONE_KEY: zone, "kubernetes.io/hostname": name, **labels},
        },
        "spec": {"providerID": f"aws:///{zone}/i-{name}"},
        "status": {
            "allocatable": {"cpu": cpu, "memory": "16Gi", "pods": "58"},
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
            "conditions": [ready],
        },
    }


def spread(app: str, **fields: object) -> Obj:
    return {
        "maxSkew": 1,
        "topologyKey": ZONE_KEY,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": app}},
        **fields,
    }


def pod_spec(cpu: str = "100m", **fields: object) -> Obj:
    container = {
        "name": "main",
        "image": "registry.local/app:1",
        "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}},
    }
    return {"containers": [container], **fields}


def deployment(app: str, replicas: int, spec: Obj | None = None, **fields: object) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": app, "namespace": "shop", "labels": {"app": app}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app}},
            "template": {"metadata": {"labels": {"app": app}}, "spec": spec or pod_spec()},
            **fields,
        },
    }


def pod(name: str, spec: Obj | None = None, **labels: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": spec or pod_spec(),
    }
