from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.demand import BALANCER, CALLS, CROSS_ZONE, POD_RPS, RPS
from sopctl.sandbox.world.traffic import DNS_LAG
from tests.fakes.workloads import deployment, pod_spec, spread
from tests.fakes.worlds import SmallWorld

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"


def service(app: str, spec: Obj | None = None, **annotations: str) -> Obj:
    return {
        "metadata": {"name": app, "namespace": "shop", "annotations": annotations},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80}], **(spec or {})},
    }


def add(world: SmallWorld, app: str, replicas: int = 6, **said: str) -> None:
    made = deployment(app, replicas, pod_spec(topologySpreadConstraints=[spread(app)]))
    made["metadata"]["annotations"] = said
    world.cluster.create("deployments", made)


def shop(replicas: int = 6, *, rps: str = "300", **service_says: str) -> SmallWorld:
    """Six pods of 100 rps over three zones, asked 300 times a second; counted from rest."""
    world = SmallWorld()
    add(world, "web", replicas, **{RPS: rps, POD_RPS: "100"})
    world.cluster.create("services", service("web", **service_says))
    world.run(30)
    world.world.traffic.begin()
    return world


def lost(world: SmallWorld) -> float:
    return world.world.traffic.totals().lost


def test_without_stated_traffic_nothing_is_counted():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 3))
    world.run(60)

    totals = world.world.traffic.totals()
    assert (totals.offered, totals.served, dict(totals.workloads)) == (0, 0, {})


def test_a_healthy_world_serves_everything_by_its_own_clock():
    world = shop()
    world.run(60)
    world.clock.advance(0.5)

    totals = world.world.traffic.totals()
    assert totals.offered == pytest.approx(300 * 60.5)
    assert totals.lost == pytest.approx(0)
    assert totals.workloads["shop/web"].served == pytest.approx(300 * 60.5)
    assert totals.at == world.clock.now()


def test_pods_serve_no_more_than_they_can():
    world = shop(rps="900")
    world.run(10)

    totals = world.world.traffic.totals()
    assert totals.served / totals.offered == pytest.approx(6 * 100 / 900)


def test_dead_endpoints_lose_their_share_until_they_leave_the_slice():
    """kube-proxy and load balancers know of a dead pod only what the EndpointSlice says."""
    world = shop()
    world.world.fail_zone(A)
    world.run(10)
    # A third enters by the dead zone's address, a third of the rest goes to its endpoints.
    assert lost(world) == pytest.approx(10 * 300 * (1 / 3 + 2 / 3 / 3), rel=0.02)

    world.run(DNS_LAG.total_seconds() + 20)  # out of the slice, and out of DNS
    before = lost(world)
    world.run(60)
    assert lost(world) == pytest.approx(before)


def test_a_zonal_address_leaves_dns_after_health_checks_and_the_time_to_live():
    world = shop()
    world.world.fail_zone(A)
    world.run(70)  # the endpoints left the slice after the node monitor's grace
    before = lost(world)
    world.run(10)

    assert lost(world) - before == pytest.approx(10 * 300 / 3, rel=0.02)


def test_without_crossing_zones_a_zone_serves_what_enters_it():
    world = shop(**{CROSS_ZONE: "false"})
    world.world.fail_zone(A)
    world.run(10)

    assert lost(world) == pytest.approx(10 * 100, rel=0.02)


def test_without_crossing_zones_requests_that_enter_an_empty_zone_are_lost():
    """Elastic Load Balancing, target group health: such a zone leaves DNS only after a while."""
    world = shop(**{CROSS_ZONE: "false"})
    world.cordon(A)
    world.cluster.patch(
        "deployments",
        "web",
        {"spec": {"template": {"spec": {"topologySpreadConstraints": None}}}},
        "shop",
    )
    world.run(60)
    assert A not in world.zones("web")
    world.world.traffic.begin()
    world.run(10)
    assert lost(world) == pytest.approx(10 * 100, rel=0.02)

    world.run(DNS_LAG.total_seconds())
    before = lost(world)
    world.run(30)
    assert lost(world) == pytest.approx(before)


def test_a_gray_zone_loses_a_share_until_its_load_balancer_is_shifted_away():
    world = shop(**{BALANCER: "shop-web", CROSS_ZONE: "false"})
    world.world.fail_zone(A, gray=True, loss=0.5)
    world.run(10)
    assert lost(world) == pytest.approx(10 * 300 / 3 / 2, rel=0.02)

    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/shop-web/50dc6c"
    world.cloud.shift(arn, A)
    world.run(6)
    before = lost(world)
    world.run(60)
    assert lost(world) == pytest.approx(before)


def test_a_balancer_that_crosses_zones_leaves_the_targets_of_the_zone_too():
    world = shop(**{BALANCER: "shop-web", CROSS_ZONE: "true"})
    world.world.fail_zone(A, gray=True, loss=0.5)
    world.run(10)
    assert lost(world) == pytest.approx(10 * 300 / 3 / 2, rel=0.02)

    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-web/50dc6c"
    world.cloud.shift(arn, A)
    world.run(6)
    before = lost(world)
    world.run(60)
    assert lost(world) == pytest.approx(before)


def test_healing_ends_the_loss_at_once_for_what_is_still_listed():
    world = shop()
    world.world.fail_zone(A)
    world.run(20)
    world.world.heal_zone(A)
    world.run(1)
    before = lost(world)
    world.run(60)

    assert lost(world) == pytest.approx(before)


def chain() -> SmallWorld:
    """The web calls the cart twice for each request that it serves."""
    world = SmallWorld()
    add(world, "web", **{RPS: "150", POD_RPS: "100", CALLS: "cart=2"})
    add(world, "cart", **{POD_RPS: "100"})
    for app in ("web", "cart"):
        world.cluster.create("services", service(app))
    world.run(30)
    world.world.traffic.begin()
    return world


def test_a_callee_is_asked_for_every_request_that_its_caller_served():
    world = chain()
    world.run(10)

    totals = world.world.traffic.totals()
    assert totals.workloads["shop/cart"].offered == pytest.approx(10 * 300)
    assert totals.offered == pytest.approx(10 * 150)  # calls are no requests from outside


def test_what_a_callee_loses_is_lost_for_the_client_of_its_caller():
    world = chain()
    world.cluster.patch("deployments", "cart", {"spec": {"replicas": 1}}, "shop")
    world.run(30)
    world.world.traffic.begin()
    world.run(10)

    totals = world.world.traffic.totals()
    assert totals.workloads["shop/web"].lost == pytest.approx(0)
    assert totals.served / totals.offered == pytest.approx(100 / 300)


def test_a_circle_of_calls_is_cut_and_still_counted():
    world = chain()
    world.cluster.patch(
        "deployments", "cart", {"metadata": {"annotations": {CALLS: "web"}}}, "shop"
    )
    world.run(10)
    world.world.traffic.begin()
    world.run(10)

    assert world.world.traffic.totals().offered == pytest.approx(10 * 150)


def test_annotations_that_cannot_be_read_count_as_absent():
    world = SmallWorld()
    add(world, "web", **{RPS: "many", POD_RPS: "-1", CALLS: "=,cart=x"})
    world.cluster.create("services", service("web"))
    world.run(10)

    assert world.world.traffic.totals().offered == 0


def hpa(app: str, **spec: object) -> Obj:
    target = {"type": "Utilization", "averageUtilization": 50}
    return {
        "metadata": {"name": app, "namespace": "shop"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": app},
            "minReplicas": 2,
            "maxReplicas": 12,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            **spec,
        },
    }


@pytest.mark.parametrize(("behavior", "left"), [(None, 4), ("Disabled", 6)])
def test_an_autoscaler_shrinks_when_upstream_traffic_falls_unless_frozen(behavior, left):
    """Ctrip's practice, step 4: what is scaled in during an incident is missing at its end."""
    world = chain()
    rules = {"behavior": {"scaleDown": {"selectPolicy": behavior}}} if behavior else {}
    world.cluster.create("horizontalpodautoscalers", hpa("cart", **rules))
    world.run(60)
    assert world.zones("cart").total() == 6  # 300 rps on 6 pods of 100: half, as aimed at

    world.cluster.patch("deployments", "web", {"metadata": {"annotations": {RPS: "100"}}}, "shop")
    world.run(400)
    assert world.zones("cart").total() == left


def test_the_same_figures_come_of_many_steps_and_of_one():
    """Rates hold between two looks, so how often the world is stepped does not matter."""
    fine, coarse = shop(), shop()
    fine.run(60)
    coarse.clock.advance(60)

    one, many = coarse.world.traffic.totals(), fine.world.traffic.totals()
    assert (one.offered, one.served) == pytest.approx((many.offered, many.served))


def test_traffic_can_be_more_or_less_than_what_is_stated_for_all_or_for_some():
    world = shop()
    traffic = world.world.traffic
    rates = []
    for share, names in [(0.4, ()), (2.0, (("shop", "web"),)), (1.0, (("shop", "other"),))]:
        traffic.scale(share, names)
        world.run(10)
        traffic.begin()
        world.run(10)
        rates.append(traffic.totals().offered / 10)
    assert rates == pytest.approx([120, 600, 600])
    traffic.scale(1.0)
    world.run(10)
    traffic.begin()
    world.run(10)
    assert traffic.totals().offered == pytest.approx(3000)
