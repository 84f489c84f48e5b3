from __future__ import annotations

from pathlib import Path

from sopctl.checks.aws.autoshift_agrees import CHECK, Params
from tests.local import local_world

ZONE, OTHER = "us-east-1a", "us-east-1b"


def test_a_zone_that_aws_left_is_the_right_one_and_another_is_asked_about(tmp_path: Path) -> None:
    with local_world(tmp_path) as local:
        quiet = CHECK.look(local.world, Params(zone=ZONE))
        local.cloud.autoshift(ZONE)
        same = CHECK.look(local.world, Params(zone=ZONE))
        other = CHECK.look(local.world, Params(zone=OTHER))
        local.cloud.autoshift(ZONE, active=False)
        over = CHECK.look(local.world, Params(zone=OTHER))
        assert (quiet.holds, same.holds, other.holds, over.holds) == (True, True, False, True)
        assert local.world.facts.zone(ZONE).id in other.detail
        assert local.mutations() == 0
