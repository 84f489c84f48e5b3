from __future__ import annotations

from sopctl.facts import targets
from sopctl.sandbox.aws.fleet import BalancerSpec
from tests.fakes.balancers import serving
from tests.local import Local


def test_target_groups_are_read_with_their_healthy_targets(local: Local) -> None:
    serving(local, "shop", "web-a")
    serving(local, "young", "web-b", seconds=10)
    world = local.connect()
    found = targets.read(world.aws, world.facts.balancers())
    assert [each.name for each in found] == ["shop", "young"]
    ours = {each.id for each in local.cloud.group("web-a").instances}
    assert {each.id for each in found[0].healthy} == ours
    assert found[1].healthy == ()


def test_a_balancer_without_target_groups_has_none(local: Local) -> None:
    zones = ("us-east-1a", "us-east-1b")
    spec = BalancerSpec(name="bare", kind="network", zones=zones, zonal_shift=False)
    local.cloud.create_balancer(spec)
    world = local.connect()
    assert [each.name for each in world.facts.balancers()] == ["bare"]
    assert targets.read(world.aws, world.facts.balancers()) == ()


def test_without_balancers_nothing_is_asked(local: Local) -> None:
    assert targets.read(local.world.aws, ()) == ()
    assert not local.sent("DescribeTargetGroups")
