from __future__ import annotations

from sopctl.facts import targets
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


def test_without_balancers_nothing_is_asked(local: Local) -> None:
    assert targets.read(local.world.aws, ()) == ()
    assert not local.sent("DescribeTargetGroups")
