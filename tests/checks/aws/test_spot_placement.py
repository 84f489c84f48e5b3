from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sopctl.checks.aws.spot_placement import CHECK, Params
from sopctl.sandbox.aws.supply import Pool
from tests.fakes.workloads import node
from tests.local import Local, local_world

TYPES = ("m5.xlarge", "m5a.xlarge", "m6i.xlarge")
SCORES = "GetSpotPlacementScores"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """Spot nodes of three types, two of each."""
    with local_world(tmp_path) as local:
        for number, name in enumerate(TYPES * 2):
            body = node(f"s{number}", lifecycle="Ec2Spot")
            body["metadata"]["labels"]["node.kubernetes.io/instance-type"] = name
            local.cluster.create("nodes", body)
        yield local


def drain_pools(local: Local, *zones: str) -> None:
    for zone in zones:
        for name in TYPES:
            local.cloud.set_pool_depth(Pool(zone=zone, type=name), 0)


def test_the_types_of_the_cluster_are_scored_zone_by_zone(local: Local) -> None:
    drain_pools(local, "us-east-1b")
    verdict = CHECK.look(local.world, Params(zones=2))
    assert (verdict.holds, verdict.applies) == (True, True)
    assert verdict.detail.endswith("zones score 5 or more for 3 types")
    assert "us-east-1b use1-az1: 1" in verdict.rows
    assert verdict.rows[-1] == "us-east-1b use1-az1: 1"
    assert local.mutations() == 0


def test_it_does_not_hold_without_room_and_the_failed_zone_is_none(local: Local) -> None:
    zones = [each.name for each in local.cloud.zones]
    drain_pools(local, *zones[1:])
    assert CHECK.look(local.world, Params()).holds
    assert not CHECK.look(local.world, Params(zones=2)).holds
    assert not CHECK.look(local.world, Params(except_zone=zones[0])).holds


def test_one_run_asks_once_and_sizes_are_few(local: Local) -> None:
    for instances in (0, 6, 9, 10):
        CHECK.look(local.world, Params(instances=instances))
    assert local.sent(SCORES) == 1
    CHECK.look(local.world, Params(instances=11))
    assert local.sent(SCORES) == 2


def test_fewer_than_three_types_say_nothing_and_ask_nothing(local: Local) -> None:
    verdict = CHECK.look(local.world, Params(types=TYPES[:2]))
    assert (verdict.holds, verdict.applies) == (True, False)
    assert local.sent(SCORES) == 0


def test_a_day_that_is_used_up_is_said_and_is_no_fault(local: Local) -> None:
    for wanted in (1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000):
        CHECK.look(local.world, Params(instances=wanted))
    verdict = CHECK.look(local.world, Params(types=(*TYPES, "m4.xlarge")))
    assert not verdict.holds
    assert "no new set of types and size today" in verdict.detail
