"""The cluster proportional autoscaler.

Rules: kubernetes-sigs/cluster-proportional-autoscaler, README, "Linear Mode".
"""

from __future__ import annotations

import json

import pytest

from sopctl.sandbox.scenario.inhabitants import WorldShape
from sopctl.sandbox.world.addons.proportional import replicas
from sopctl.sandbox.world.seed import staples
from tests.fakes.worlds import ABC, SmallWorld


def nodes(count, *, cordoned=0, cpu="4"):
    made = [{"spec": {}, "status": {"capacity": {"cpu": cpu}}} for _ in range(count)]
    for each in made[:cordoned]:
        each["spec"]["unschedulable"] = True
    return made


@pytest.mark.parametrize(
    ("linear", "found", "wanted"),
    [
        ({"nodesPerReplica": 4}, nodes(9), 3),
        ({"coresPerReplica": 8}, nodes(9), 5),
        ({"coresPerReplica": 8, "nodesPerReplica": 1}, nodes(9), 9),
        ({"nodesPerReplica": 4, "min": 5}, nodes(9), 5),
        ({"nodesPerReplica": 1, "max": 2}, nodes(9), 2),
        ({"nodesPerReplica": 16, "preventSinglePointFailure": True}, nodes(9), 2),
        ({"nodesPerReplica": 16, "preventSinglePointFailure": True}, nodes(1), 1),
        ({"nodesPerReplica": 4}, nodes(8, cordoned=4), 1),
        ({"nodesPerReplica": 4, "includeUnschedulableNodes": True}, nodes(8, cordoned=4), 2),
        ({"coresPerReplica": 1}, nodes(2, cpu="500m"), 1),
    ],
)
def test_replicas_follow_the_size_of_the_cluster(linear, found, wanted):
    assert replicas(linear, found) == wanted


def test_its_target_has_the_replicas_that_its_configmap_asks_for():
    world = SmallWorld()
    shape = WorldShape(zones=ABC, headroom="proportional")
    for resource, obj in staples.objects(shape, world.cloud):
        world.cluster.create(resource, obj)
    world.run(40)
    space = ("headroom", "kube-system")
    assert world.cluster.get("deployments", *space)["spec"]["replicas"] == 3
    data = {"linear": json.dumps({"nodesPerReplica": 1, "includeUnschedulableNodes": False})}
    world.cluster.patch("configmaps", "headroom", {"data": data}, "kube-system")
    world.run(40)
    assert world.cluster.get("deployments", *space)["spec"]["replicas"] == 6
    world.cordon("us-east-1a")  # the trap: headroom shrinks in the very incident
    world.run(40)
    assert world.cluster.get("deployments", *space)["spec"]["replicas"] == 4
