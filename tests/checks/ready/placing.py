"""Pods that run where a test wants them, and nodes as it wants them."""

from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj
from tests.actions.k8s.stage import Stage
from tests.fakes.workloads import pod, pod_spec


def put(stage: Stage, name: str, node: str, app: str, **fields: object) -> None:
    """A ready pod of *app* on *node*, with *fields* in its spec."""
    body = pod(name, pod_spec(nodeName=node, **fields), app=app)
    made = stage.cluster.create("pods", body)
    made["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    stage.cluster.update("pods", made, subresource="status")


def label(stage: Stage, node: str, **labels: str) -> None:
    made = stage.cluster.get("nodes", node)
    assert made is not None
    made["metadata"]["labels"] |= labels
    stage.cluster.update("nodes", made)


def spot(stage: Stage, *nodes: str) -> None:
    """*nodes* say that they were bought as spot."""
    for each in nodes:
        label(stage, each, **{"eks.amazonaws.com/capacityType": "SPOT"})


def flagged(*flags: str) -> tuple[str, ...]:
    """The arguments of an autoscaler that finds its groups by tags, and *flags*."""
    discovery = "asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/sandbox"
    return (f"--node-group-auto-discovery={discovery}", *flags)


def container(**fields: object) -> Obj:
    """A pod's spec with one container that asks for both, and *fields* in it."""
    spec = pod_spec()
    spec["containers"][0] |= fields
    return spec
