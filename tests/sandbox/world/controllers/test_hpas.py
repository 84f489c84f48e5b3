from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.controllers.hpas import LOAD
from tests.fakes.workloads import deployment
from tests.fakes.worlds import SmallWorld


def scaled(load: str | None = None, **spec: object) -> SmallWorld:
    world = SmallWorld()
    made = deployment("web", 4)
    if load is not None:
        made["metadata"]["annotations"] = {LOAD: load}
    target = {"type": "Utilization", "averageUtilization": 50}
    autoscaler: Obj = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 2,
            "maxReplicas": 10,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            **spec,
        },
    }
    world.cluster.create("deployments", made)
    world.cluster.create("horizontalpodautoscalers", autoscaler)
    return world


def load(world: SmallWorld, percent: str) -> None:
    patch = {"metadata": {"annotations": {LOAD: percent}}}
    world.cluster.patch("deployments", "web", patch, "shop")


def size(world: SmallWorld) -> int:
    found = world.cluster.get("deployments", "web", "shop")
    assert found is not None
    return int(found["spec"]["replicas"])


def test_without_a_load_the_size_is_held():
    world = scaled()
    world.run(400)

    assert size(world) == 4
    status = world.cluster.get("horizontalpodautoscalers", "web", "shop")["status"]
    assert (status["currentReplicas"], status["desiredReplicas"]) == (4, 4)
    used = status["currentMetrics"][0]["resource"]["current"]["averageUtilization"]
    assert used == 50  # what it aims at


def test_a_high_load_grows_up_to_the_maximum():
    world = scaled("75")
    world.run(16)
    assert size(world) == 6  # 4 * 75 / 50
    load(world, "500")
    world.run(60)

    assert size(world) == 10


def test_a_load_within_tolerance_changes_nothing():
    world = scaled("54")
    world.run(60)

    assert size(world) == 4


def test_a_low_load_shrinks_after_the_stabilisation_window():
    world = scaled("50")
    world.run(60)
    load(world, "25")

    world.run(240)
    assert size(world) == 4
    world.run(120)

    assert size(world) == 2


def test_a_disabled_scale_down_never_shrinks_and_still_grows():
    world = scaled("10", behavior={"scaleDown": {"selectPolicy": "Disabled"}})
    world.run(900)
    assert size(world) == 4
    load(world, "100")
    world.run(60)

    assert size(world) == 10  # 8, and again twice the wish


@pytest.mark.parametrize(("policy", "expected"), [("Max", 2), ("Min", 3)])
def test_policies_limit_a_step(policy, expected):
    rules = {
        "selectPolicy": policy,
        "stabilizationWindowSeconds": 0,
        "policies": [
            {"type": "Pods", "value": 1, "periodSeconds": 60},
            {"type": "Percent", "value": 50, "periodSeconds": 60},
        ],
    }
    world = scaled("10", behavior={"scaleDown": rules})
    world.run(60)
    assert size(world) == expected
    world.run(30)

    assert size(world) == 2  # a period later; the minimum


def test_a_workload_that_was_scaled_to_zero_stays_there():
    world = scaled("500")
    world.cluster.patch("deployments", "web", {"spec": {"replicas": 0}}, "shop")
    world.run(60)

    assert size(world) == 0
