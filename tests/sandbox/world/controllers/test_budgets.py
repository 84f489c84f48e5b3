from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.objects import Obj
from tests.fakes.workloads import deployment, pod
from tests.fakes.worlds import SmallWorld


def budgeted(replicas: int, **rule: object) -> SmallWorld:
    world = SmallWorld()
    selector = {"matchLabels": {"app": "web"}}
    budget: Obj = {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": selector, **rule},
    }
    world.cluster.create("poddisruptionbudgets", budget)
    world.cluster.create("deployments", deployment("web", replicas))
    world.run(15)
    return world


def numbers(world: SmallWorld) -> tuple[int, int, int, int]:
    found = world.cluster.get("poddisruptionbudgets", "web", "shop")
    assert found is not None
    status = found["status"]
    assert status["observedGeneration"] == found["metadata"]["generation"]
    return (
        status["expectedPods"],
        status["currentHealthy"],
        status["desiredHealthy"],
        status["disruptionsAllowed"],
    )


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"maxUnavailable": 1}, (5, 5, 4, 1)),
        ({"maxUnavailable": "25%"}, (5, 5, 3, 2)),  # rounded up: 2 of 5
        ({"minAvailable": 4}, (5, 5, 4, 1)),
        ({"minAvailable": "50%"}, (5, 5, 3, 2)),
        ({"minAvailable": 9}, (5, 5, 9, 0)),
        ({"maxUnavailable": 0}, (5, 5, 5, 0)),
    ],
)
def test_the_numbers_of_a_healthy_workload(rule, expected):
    assert numbers(budgeted(5, **rule)) == expected


def test_an_unready_zone_eats_the_budget():
    world = budgeted(6, maxUnavailable=2)

    world.world.fail_zone("us-east-1a")
    world.run(60)

    assert numbers(world) == (6, 4, 4, 0)


def test_the_pods_that_leave_are_not_healthy():
    world = budgeted(4, minAvailable=1)
    world.cluster.delete("pods", world.pods("web")[0]["metadata"]["name"], "shop")
    world.settle()

    assert numbers(world)[:2] == (5, 3)  # four active ones, of which one is new, and the leaving


def test_an_eviction_in_flight_is_counted_until_its_pod_leaves_or_two_minutes_pass():
    world = budgeted(4, maxUnavailable=2)
    name = world.pods("web")[0]["metadata"]["name"]
    now = world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    patch = {"status": {"disruptedPods": {name: now}, "disruptionsAllowed": 1}}
    world.cluster.patch("poddisruptionbudgets", "web", patch, "shop", "status")

    world.run(30)
    assert numbers(world) == (4, 3, 2, 1)
    world.run(120)

    assert numbers(world) == (4, 4, 2, 2)


def test_a_budget_that_selects_nothing_allows_nothing():
    world = SmallWorld()
    selector = {"matchLabels": {"app": "nobody"}}
    world.cluster.create(
        "poddisruptionbudgets",
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": selector, "maxUnavailable": 1},
        },
    )
    world.run(5)

    assert numbers(world) == (0, 0, 0, 0)


def test_bare_pods_count_for_a_whole_minimum():
    world = SmallWorld()
    for number in range(2):
        world.cluster.create("pods", pod(f"p{number}", app="web"))
    world.cluster.create(
        "poddisruptionbudgets",
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 1},
        },
    )
    world.run(10)

    assert numbers(world) == (2, 2, 1, 1)
