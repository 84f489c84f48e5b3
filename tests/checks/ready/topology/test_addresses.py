from __future__ import annotations

from sopctl.checks.ready.topology.addresses import CHECK, Params
from tests.checks.ready.placing import put
from tests.fakes.balancers import aws


def test_addresses_of_the_other_zones_are_enough(stage):
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).applies
    for letter in "ab":
        stage.local.group(letter, f"us-east-1{letter}")
    put(stage, "web-1", "a0", "web")
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail.startswith("us-east-1a has 3 addresses in use, us-east-1b ")


def test_a_zone_with_too_few_is_named(stage):
    stage.local.autoscaler()
    stage.local.group("b", "us-east-1b", desired=0)
    vpc = aws(stage.local, "ec2", "describe_vpcs")["Vpcs"][0]
    given = {
        "VpcId": vpc["VpcId"],
        "AvailabilityZone": "us-east-1b",
        "CidrBlock": "172.31.250.0/28",
    }
    subnet = aws(stage.local, "ec2", "create_subnet", **given)["Subnet"]
    small = {"AutoScalingGroupName": "b", "VPCZoneIdentifier": subnet["SubnetId"]}
    aws(stage.local, "autoscaling", "update_auto_scaling_group", **small)
    for number in range(10):
        put(stage, f"web-{number}", "a0", "web")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("us-east-1b has 11 free addresses, and would need 12",)
