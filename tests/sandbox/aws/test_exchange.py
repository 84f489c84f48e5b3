from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.supply import Pool
from tests.sandbox.aws.groups import spec

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
SPOT = Pool(zone="us-east-1a", type="m5.xlarge")
Run = Callable[[float], None]


def markets(cloud: Cloud) -> dict[str, int]:
    alive = [i for i in cloud.group("web").instances if i.state == "InService"]
    return dict(Counter(i.lifecycle for i in alive))


def share(asg: Any, percent: int) -> None:
    asg.update_auto_scaling_group(
        AutoScalingGroupName="web",
        MixedInstancesPolicy={
            "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": percent}
        },
    )


def test_a_changed_share_of_on_demand_replaces_running_spot_one_by_one_and_back(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    """API reference, UpdateAutoScalingGroup: gradually, and launched before terminated."""
    cloud.create_group(spec(spot=True))
    share(asg, 100)
    fewest = 3
    for _ in range(12):
        run(10)
        fewest = min(fewest, sum(markets(cloud).values()))
    assert fewest == 3
    assert markets(cloud) == {"on-demand": 3}
    share(asg, 0)
    run(20)
    assert markets(cloud) == {"on-demand": 3}
    run(160)
    assert markets(cloud) == {"spot": 3}


def test_nothing_is_exchanged_while_launches_are_suspended(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    before = cloud.create_group(spec(spot=True)).instances
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
    share(asg, 100)
    run(120)
    assert cloud.group("web").instances == before


def test_capacity_rebalancing_launches_the_replacement_before_the_end(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    """User guide, "Use Capacity Rebalancing": also in the types and zones that are left."""
    group = cloud.create_group(spec(spot=True, zones=ZONES[:2], desired=2))
    asg.update_auto_scaling_group(AutoScalingGroupName="web", CapacityRebalance=True)
    at_risk = next(i.id for i in group.instances if i.zone == "us-east-1a")
    cloud.set_pool_depth(SPOT, 0)
    assert cloud.reclaim(SPOT, lead=timedelta(minutes=10)) == 1
    run(10)
    states = {i.id: i.state for i in cloud.group("web").instances}
    assert states[at_risk] == "InService"
    assert sorted(states.values()) == ["InService", "InService", "Pending"]
    run(60)
    left = cloud.group("web").instances
    assert at_risk not in {i.id for i in left}
    assert [(i.zone, i.state) for i in left] == [("us-east-1b", "InService")] * 2


def test_without_capacity_rebalancing_the_replacement_comes_after_the_end(
    cloud: Cloud, run: Run
) -> None:
    group = cloud.create_group(spec(spot=True))
    victim = min(instance.id for instance in group.instances)
    cloud.reclaim(SPOT, 1)
    run(110)
    assert [i.id for i in cloud.group("web").instances] == [i.id for i in group.instances]
    run(60)
    now = cloud.group("web").instances
    assert [i.state for i in now] == ["InService"] * 3
    assert victim not in {i.id for i in now}


def test_the_share_of_purchase_options_is_kept_when_a_group_shrinks(cloud: Cloud, run: Run) -> None:
    cloud.create_group(spec(spot=True, on_demand_base=1, on_demand_percent=50, desired=5))
    assert markets(cloud) == {"on-demand": 3, "spot": 2}
    cloud.set_desired("web", 3)
    run(60)
    assert markets(cloud) == {"on-demand": 2, "spot": 1}


def test_termination_policies_choose_the_newest_when_told(asg: Any, cloud: Cloud, run: Run) -> None:
    old = {i.id for i in cloud.create_group(spec(desired=2)).instances}
    run(30)
    cloud.set_desired("web", 3)
    run(60)
    asg.update_auto_scaling_group(
        AutoScalingGroupName="web", TerminationPolicies=["NewestInstance"]
    )
    cloud.set_desired("web", 2)
    run(60)
    assert {i.id for i in cloud.group("web").instances} == old
