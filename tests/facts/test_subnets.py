from __future__ import annotations

from sopctl.facts import subnets
from tests.local import Local


def test_subnets_are_read_with_their_zone_and_free_addresses(local: Local) -> None:
    ids = local.cloud.subnets()
    found = subnets.read(local.world.aws, [ids["us-east-1a"], "subnet-gone", ""])
    assert [(each.id, each.zone) for each in found] == [(ids["us-east-1a"], "us-east-1a")]
    assert found[0].free > 0


def test_of_none_nothing_is_asked(local: Local) -> None:
    assert subnets.read(local.world.aws, [""]) == ()
    assert local.sent("DescribeSubnets") == 0
