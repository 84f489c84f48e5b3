from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.shifts import duration
from tests.sandbox.aws.groups import described, spec

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"
AWAY = "use1-az6"  # of us-east-1a
Run = Callable[[float], None]


def refusal(call: Any, **params: Any) -> tuple[int, str, str]:
    """Status, code and reason."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"], response.get("reason", "")


@pytest.fixture
def group(asg: Any, cloud: Cloud) -> str:
    """The ARN of a group over three zones that can be shifted."""
    cloud.create_group(spec(zones=(A, B, C)))
    enable(asg, "IgnoreUnhealthy")
    return str(described(asg)["AutoScalingGroupARN"])


def enable(asg: Any, behaviour: str) -> None:
    asg.update_auto_scaling_group(
        AutoScalingGroupName="web",
        AvailabilityZoneImpairmentPolicy={
            "ZonalShiftEnabled": True,
            "ImpairedZoneHealthCheckBehavior": behaviour,
        },
    )


def start(arc: Any, arn: str, **changes: Any) -> Any:
    params = {"resourceIdentifier": arn, "awayFrom": AWAY, "expiresIn": "2h", "comment": "drill"}
    return arc.start_zonal_shift(**{**params, **changes})


def zones(cloud: Cloud) -> dict[str, int]:
    return dict(Counter(i.zone for i in cloud.group("web").instances if i.state == "InService"))


def test_a_shift_is_started_seen_extended_and_cancelled(
    arc: Any, cloud: Cloud, group: str, watch: Any
) -> None:
    begun = start(arc, group)
    assert begun["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (begun["status"], begun["awayFrom"], begun["comment"]) == ("ACTIVE", AWAY, "drill")
    assert begun["expiryTime"] - begun["startTime"] == timedelta(hours=2)
    seen = arc.get_managed_resource(resourceIdentifier=group)
    assert seen["appliedWeights"] == {"use1-az6": 0.0, "use1-az1": 1.0, "use1-az2": 1.0}
    assert [s["appliedStatus"] for s in seen["zonalShifts"]] == ["APPLIED"]
    watch.advance(600)
    longer = arc.update_zonal_shift(zonalShiftId=begun["zonalShiftId"], expiresIn="90m")
    assert longer["expiryTime"] == watch.now() + timedelta(minutes=90)
    assert longer["comment"] == "drill"
    ended = arc.cancel_zonal_shift(zonalShiftId=begun["zonalShiftId"])
    assert ended["status"] == "CANCELED"
    assert arc.list_zonal_shifts(status="ACTIVE")["items"] == []
    assert [s["shiftType"] for s in arc.list_zonal_shifts()["items"]] == ["ZONAL_SHIFT"]
    weights = arc.get_managed_resource(resourceIdentifier=group)["appliedWeights"]
    assert set(weights.values()) == {1.0}


def test_a_shift_expires_by_itself(arc: Any, group: str, watch: Any) -> None:
    begun = start(arc, group, expiresIn="1m")
    watch.advance(61)
    (item,) = arc.list_zonal_shifts(resourceIdentifier=group)["items"]
    assert (item["zonalShiftId"], item["status"]) == (begun["zonalShiftId"], "EXPIRED")
    assert arc.get_managed_resource(resourceIdentifier=group)["zonalShifts"] == []
    assert refusal(arc.cancel_zonal_shift, zonalShiftId=begun["zonalShiftId"]) == (
        409,
        "ConflictException",
        "ZonalShiftStatusNotActive",
    )


def test_one_zone_at_a_time_and_no_shift_twice(arc: Any, group: str) -> None:
    begun = start(arc, group)
    with pytest.raises(ClientError) as caught:
        start(arc, group)
    assert caught.value.response["reason"] == "ZonalShiftAlreadyExists"
    assert caught.value.response["zonalShiftId"] == begun["zonalShiftId"]
    params = {"resourceIdentifier": group, "expiresIn": "1h", "comment": ""}
    assert refusal(arc.start_zonal_shift, awayFrom="use1-az1", **params) == (
        409,
        "ConflictException",
        "SimultaneousZonalShiftsConflict",
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"awayFrom": "us-east-1a"}, "InvalidAz"),
        ({"awayFrom": "use1-az5"}, "UnsupportedAz"),
        ({"expiresIn": "73h"}, "InvalidExpiresIn"),
        ({"expiresIn": "3d"}, "InvalidExpiresIn"),
        ({"resourceIdentifier": "web-group"}, "InvalidResourceIdentifier"),
    ],
    ids=str,
)
def test_what_arc_does_not_take_is_refused_with_its_reason(
    arc: Any, group: str, change: Any, reason: str
) -> None:
    params = {"resourceIdentifier": group, "awayFrom": AWAY, "expiresIn": "1h", "comment": ""}
    assert refusal(arc.start_zonal_shift, **{**params, **change}) == (
        400,
        "ValidationException",
        reason,
    )


def test_durations_are_of_one_unit_from_a_minute_to_seventy_two_hours() -> None:
    assert duration("72h") == timedelta(hours=72)
    assert duration("1m") == timedelta(minutes=1)


def test_unknown_resources_shifts_and_tokens_are_refused(arc: Any, cloud: Cloud, asg: Any) -> None:
    cloud.create_group(spec())
    plain = described(asg)["AutoScalingGroupARN"]
    for arn in (plain, plain + "-gone"):
        assert refusal(arc.get_managed_resource, resourceIdentifier=arn)[:2] == (
            404,
            "ResourceNotFoundException",
        )
    assert refusal(arc.update_zonal_shift, zonalShiftId="nobody")[0] == 404
    assert refusal(arc.list_zonal_shifts, nextToken="bogus")[2] == "InvalidToken"


def test_a_shifted_group_launches_in_the_other_zones_only_until_the_shift_ends(
    arc: Any, cloud: Cloud, group: str, run: Run
) -> None:
    """ARC developer guide, "Zonal shift for Auto Scaling groups"."""
    begun = start(arc, group)
    cloud.set_desired("web", 7)
    run(40)
    assert zones(cloud) == {A: 1, B: 3, C: 3}
    arc.cancel_zonal_shift(zonalShiftId=begun["zonalShiftId"])
    run(120)
    assert sorted(zones(cloud).values()) == [2, 2, 3]


@pytest.mark.parametrize("behaviour", ["IgnoreUnhealthy", "ReplaceUnhealthy"])
def test_a_shifted_group_leaves_or_replaces_the_unhealthy_of_the_zone_as_its_policy_says(
    arc: Any, asg: Any, cloud: Cloud, group: str, run: Run, behaviour: str
) -> None:
    enable(asg, behaviour)
    start(arc, group)
    cloud.fail_instances(A)
    run(200)
    assert zones(cloud).get(A, 0) == (1 if behaviour == "IgnoreUnhealthy" else 0)
    assert sum(zones(cloud).values()) == 3


def test_the_cluster_is_cordoned_in_the_zone_and_its_node_groups_kept_out(
    arc: Any, eks: Any, asg: Any, cloud: Cloud, run: Run
) -> None:
    """EKS user guide, "Learn about ARC zonal shift in Amazon EKS"."""
    made = cloud.create_nodegroup(spec("ng", zones=(A, B, C)))
    own = cloud.create_nodegroup(spec("quiet", zones=(A, B)))
    asg.suspend_processes(AutoScalingGroupName=own.name, ScalingProcesses=["AZRebalance"])
    arn = eks.describe_cluster(name="sandbox")["cluster"]["arn"]
    assert refusal(arc.get_managed_resource, resourceIdentifier=arn)[0] == 404
    eks.update_cluster_config(name="sandbox", zonalShiftConfig={"enabled": True})
    run(40)
    assert arc.get_managed_resource(resourceIdentifier=arn)["zonalAutoshiftStatus"] == "ENABLED"
    before = cloud.dump()
    begun = start(arc, arn)
    assert cloud.cordoned_zones() == {A}
    shifted = described(asg, made.name)
    assert shifted["AvailabilityZones"] == [B, C]
    (suspended,) = shifted["SuspendedProcesses"]
    assert suspended["ProcessName"] == "AZRebalance"
    assert "administratively suspended" in suspended["SuspensionReason"]
    run(60)
    assert len([i for i in cloud.group(made.name).instances if i.zone == A]) == 1
    arc.cancel_zonal_shift(zonalShiftId=begun["zonalShiftId"])
    assert cloud.cordoned_zones() == frozenset()
    assert cloud.dump() == before  # what was suspended by others stays suspended


def test_an_autoshift_moves_those_who_let_it_and_yields_to_a_shift_of_ones_own(
    arc: Any, cloud: Cloud, group: str
) -> None:
    cloud.autoshift(A)
    assert [s["status"] for s in arc.list_autoshifts(status="ACTIVE")["items"]] == ["ACTIVE"]
    assert arc.get_managed_resource(resourceIdentifier=group)["autoshifts"] == []
    arc.update_zonal_autoshift_configuration(
        resourceIdentifier=group, zonalAutoshiftStatus="ENABLED"
    )
    seen = arc.get_managed_resource(resourceIdentifier=group)
    assert seen["appliedWeights"][AWAY] == 0.0
    assert [s["appliedStatus"] for s in seen["autoshifts"]] == ["APPLIED"]
    start(arc, group, awayFrom="use1-az1")
    seen = arc.get_managed_resource(resourceIdentifier=group)
    assert [s["appliedStatus"] for s in seen["autoshifts"]] == ["NOT_APPLIED"]
    assert (seen["appliedWeights"][AWAY], seen["appliedWeights"]["use1-az1"]) == (1.0, 0.0)
    cloud.autoshift(A, active=False)
    assert [s["status"] for s in arc.list_autoshifts()["items"]] == ["COMPLETED"]


def test_balancers_can_be_shifted_once_they_are_enabled(arc: Any, elb: Any, cloud: Cloud) -> None:
    subnets = [cloud.subnets()[zone] for zone in (A, B)]
    made = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]
    assert arc.list_managed_resources()["items"] == []
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=made["LoadBalancerArn"],
        Attributes=[{"Key": "zonal_shift.config.enabled", "Value": "true"}],
    )
    (item,) = arc.list_managed_resources()["items"]
    assert (item["name"], item["availabilityZones"]) == ("shop", ["use1-az6", "use1-az1"])
    start(arc, made["LoadBalancerArn"])
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=made["LoadBalancerArn"],
        Attributes=[{"Key": "zonal_shift.config.enabled", "Value": "false"}],
    )
    cloud.tick()
    assert [s["status"] for s in arc.list_zonal_shifts()["items"]] == ["CANCELED"]
