"""What clusters on spot have besides: a termination handler, and room that is kept back.

Source: the charts of aws-node-termination-handler and cluster-proportional-autoscaler;
kubernetes/autoscaler FAQ, "How can I configure overprovisioning with Cluster Autoscaler?".
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from sopctl.sandbox.scenario.inhabitants import WorldShape
from sopctl.sandbox.world.addons import proportional, termination
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import CloudPort, Obj
from sopctl.sandbox.world.seed.system import NAMESPACE, daemon, deployment
from sopctl.sandbox.world.seed.workloads import HOSTNAME, Written

HEADROOM = "headroom"
_PRIORITY = -5  # below every workload, and above what the autoscaler ignores
_HANDLER = "public.ecr.aws/aws-ec2/aws-node-termination-handler:v1.25.2"
_CPA = "registry.k8s.io/cpa/cluster-proportional-autoscaler:v1.9.0"


def objects(world: WorldShape, cloud: CloudPort) -> Iterator[Written]:
    """What the world says; nothing for most."""
    if world.termination_handler == "nodes":
        yield "daemonsets", daemon(termination.NAME, _HANDLER, "10m", name_label=True)
    elif world.termination_handler == "queue":
        yield "deployments", _listener(cloud.notices.plant())
    if world.headroom != "none":
        yield from _headroom(len(world.zones))
    if world.headroom == "proportional":
        yield from _proportional()


def _listener(queue: str) -> Obj:
    """Two replicas, of which either takes what it finds."""
    env = {"ENABLE_SQS_TERMINATION_DRAINING": "true", "QUEUE_URL": queue}
    container = {
        "name": termination.NAME,
        "image": _HANDLER,
        "env": [{"name": name, "value": value} for name, value in env.items()],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
    }
    labels = {"app.kubernetes.io/name": termination.NAME}
    spec = {
        "priorityClassName": "system-cluster-critical",
        "containers": [container],
        "topologySpreadConstraints": [_apart(ZONE, labels), _apart(HOSTNAME, labels)],
    }
    return deployment(termination.NAME, 2, labels, spec)


def _headroom(zones: int) -> Iterator[Written]:
    """A pod that only pauses in each zone, which goes when something needs its room."""
    yield (
        "priorityclasses",
        {
            "metadata": {"name": HEADROOM},
            "value": _PRIORITY,
            "preemptionPolicy": "Never",
            "globalDefault": False,
        },
    )
    container = {
        "name": "pause",
        "image": "registry.k8s.io/pause:3.10",
        "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}},
    }
    labels = {"app.kubernetes.io/name": HEADROOM}
    spec = {
        "priorityClassName": HEADROOM,
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "topologySpreadConstraints": [_apart(ZONE, labels)],
    }
    yield "deployments", deployment(HEADROOM, zones, labels, spec)


def _proportional() -> Iterator[Written]:
    """One pause pod for each four nodes, and never fewer than one in each of three zones."""
    linear = {"nodesPerReplica": 4, "min": 3, "includeUnschedulableNodes": True}
    metadata = {"name": HEADROOM, "namespace": NAMESPACE}
    yield "configmaps", {"metadata": metadata, "data": {"linear": json.dumps(linear)}}
    labels = {"app.kubernetes.io/name": proportional.NAME}
    container = {
        "name": "autoscaler",
        "image": _CPA,
        "args": [
            f"--namespace={NAMESPACE}",
            f"--configmap={HEADROOM}",
            f"--target=deployment/{HEADROOM}",
        ],
        "resources": {"requests": {"cpu": "20m", "memory": "20Mi"}},
    }
    spec = {"priorityClassName": "system-cluster-critical", "containers": [container]}
    yield "deployments", deployment(proportional.NAME, 1, labels, spec)


def _apart(key: str, labels: dict[str, str]) -> Obj:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels},
    }
