"""Objects that disturb nobody: their pods ask for a scheduler that does not exist."""

from __future__ import annotations

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
NOBODY = {"schedulerName": "nobody"}


def labels(name):
    return {"app": name}


def deployment(name="web", **spec):
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels(name)},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels(name)},
            "template": {
                "metadata": {"labels": labels(name)},
                "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}], **NOBODY},
            },
            **spec,
        },
    }


def pod(name="web-1", **spec):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}], **NOBODY, **spec},
    }


def spread(*, key="topology.kubernetes.io/zone", when="DoNotSchedule", **more):
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": when,
        "labelSelector": {"matchLabels": {"app": "web"}},
        **more,
    }


def config_map(name="settings", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap"} | {
        "metadata": {"name": name},
        "data": data or {"a": "1"},
    }


def lease(name="lock", holder="me", **labels_):
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"} | {
        "metadata": {"name": name, "labels": labels_},
        "spec": {"holderIdentity": holder},
    }


READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
