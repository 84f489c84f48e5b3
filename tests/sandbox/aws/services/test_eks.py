from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import described, refused, spec

A, B = "us-east-1a", "us-east-1b"
NG = {"clusterName": "sandbox", "nodegroupName": "ng"}
Run = Callable[[float], None]


@pytest.fixture
def group(cloud: Cloud) -> str:
    """The name of the Auto Scaling group behind the node group ng."""
    return cloud.create_nodegroup(spec("ng", zones=(A, B), spot=True, desired=2)).name


def view(eks: Any) -> Any:
    return eks.describe_nodegroup(**NG)["nodegroup"]


def test_behind_a_node_group_is_a_real_group_with_the_tags_of_eks(
    eks: Any, asg: Any, group: str
) -> None:
    found = view(eks)
    assert found["resources"]["autoScalingGroups"] == [{"name": group}]
    assert (found["status"], found["capacityType"]) == ("ACTIVE", "SPOT")
    assert found["scalingConfig"] == {"minSize": 1, "maxSize": 10, "desiredSize": 2}
    behind = described(asg, group)
    tags = {tag["Key"]: tag["Value"] for tag in behind["Tags"]}
    assert (tags["eks:nodegroup-name"], tags["eks:cluster-name"]) == ("ng", "sandbox")
    assert behind["CapacityRebalance"] is True
    assert eks.list_nodegroups(clusterName="sandbox")["nodegroups"] == ["ng"]


def test_sizes_change_by_an_update_that_takes_its_time(
    eks: Any, asg: Any, group: str, run: Run
) -> None:
    sizes = {"minSize": 2, "maxSize": 5, "desiredSize": 3}
    update = eks.update_nodegroup_config(**NG, scalingConfig=sizes)["update"]
    assert (update["status"], update["type"]) == ("InProgress", "ConfigUpdate")
    assert {p["type"]: p["value"] for p in update["params"]} == {
        "MinSize": "2",
        "MaxSize": "5",
        "DesiredSize": "3",
    }
    assert view(eks)["status"] == "UPDATING"
    assert described(asg, group)["MaxSize"] == 10
    run(40)
    which = {"name": "sandbox", "nodegroupName": "ng", "updateId": update["id"]}
    assert eks.describe_update(**which)["update"]["status"] == "Successful"
    behind = described(asg, group)
    assert [behind[name] for name in ("MinSize", "MaxSize", "DesiredCapacity")] == [2, 5, 3]
    assert view(eks)["status"] == "ACTIVE"
    assert eks.list_updates(name="sandbox", nodegroupName="ng")["updateIds"] == [update["id"]]
    assert eks.list_updates(name="sandbox")["updateIds"] == []


def test_one_update_at_a_time_and_a_token_makes_it_idempotent(eks: Any, group: str) -> None:
    change = {**NG, "scalingConfig": {"maxSize": 5}}
    first = eks.update_nodegroup_config(**change, clientRequestToken="t1")["update"]["id"]
    assert eks.update_nodegroup_config(**change, clientRequestToken="t1")["update"]["id"] == first
    status, code, message = refused(eks.update_nodegroup_config, **change, clientRequestToken="t2")
    assert (status, code) == (409, "ResourceInUseException")
    assert first in message


def test_labels_are_added_and_removed_by_an_update(eks: Any, group: str, run: Run) -> None:
    eks.update_nodegroup_config(**NG, labels={"addOrUpdateLabels": {"pool": "web", "old": "1"}})
    run(40)
    eks.update_nodegroup_config(**NG, labels={"removeLabels": ["old"]})
    run(40)
    assert view(eks)["labels"] == {"pool": "web"}


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"minSize": 5}, "Minimum capacity 5 can't be greater than desired size 2"),
        ({"maxSize": 1}, "desired capacity 2 can't be greater than max size 1"),
    ],
    ids=["min", "max"],
)
def test_sizes_that_cross_are_refused(eks: Any, group: str, sizes: Any, words: str) -> None:
    status, code, message = refused(eks.update_nodegroup_config, **NG, scalingConfig=sizes)
    assert (status, code, message) == (400, "InvalidParameterException", words)


def test_a_group_edited_past_eks_is_degraded(eks: Any, asg: Any, cloud: Cloud, group: str) -> None:
    """EKS user guide, "Managed node groups": direct edits are not supported."""
    subnet = cloud.subnets()[A]
    asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=9, VPCZoneIdentifier=subnet)
    found = view(eks)
    assert found["status"] == "DEGRADED"
    (issue,) = found["health"]["issues"]
    assert issue["code"] == "AutoScalingGroupInvalidConfiguration"
    assert "maxSize, subnets" in issue["message"]
    asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    assert view(eks)["health"]["issues"][0]["code"] == "AutoScalingGroupNotFound"


def test_launches_that_fail_are_an_issue_of_the_node_group(
    eks: Any, cloud: Cloud, group: str, run: Run
) -> None:
    cloud.launchable = lambda zone: False
    cloud.set_desired(group, 4)
    run(20)
    cloud.launchable = lambda zone: True
    (issue,) = view(eks)["health"]["issues"]
    assert issue["code"] == "AsgInstanceLaunchFailures"
    assert "Could not launch Spot Instances" in issue["message"]


def test_a_node_group_is_created_and_deleted_by_the_api(
    eks: Any, asg: Any, cloud: Cloud, run: Run
) -> None:
    params = {
        **NG,
        "subnets": [cloud.subnets()[A]],
        "nodeRole": "arn:aws:iam::123456789012:role/node",
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
    }
    made = eks.create_nodegroup(**params)["nodegroup"]
    assert made["status"] == "CREATING"
    assert refused(eks.create_nodegroup, **params)[:2] == (409, "ResourceInUseException")
    run(100)
    assert view(eks)["status"] == "ACTIVE"
    group = made["resources"]["autoScalingGroups"][0]["name"]
    assert [i["LifecycleState"] for i in described(asg, group)["Instances"]] == ["InService"] * 2
    assert eks.delete_nodegroup(**NG)["nodegroup"]["status"] == "DELETING"
    assert cloud.groups() == []
    bad = {**params, "subnets": ["subnet-0nowhere"]}
    assert refused(eks.create_nodegroup, **bad)[:2] == (400, "InvalidParameterException")


def test_the_cluster_is_configured_one_part_at_a_time(eks: Any, run: Run) -> None:
    cluster = eks.describe_cluster(name="sandbox")["cluster"]
    assert (cluster["status"], cluster["computeConfig"]) == ("ACTIVE", {"enabled": False})
    assert cluster["logging"]["clusterLogging"][0]["enabled"] is False
    logging = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    update = eks.update_cluster_config(name="sandbox", logging=logging)["update"]
    assert update["type"] == "LoggingUpdate"
    shift = {"zonalShiftConfig": {"enabled": True}}
    assert refused(eks.update_cluster_config, name="sandbox", **shift)[:2] == (
        409,
        "ResourceInUseException",
    )
    run(40)
    found = eks.describe_cluster(name="sandbox")["cluster"]["logging"]["clusterLogging"]
    assert {"types": ["audit"], "enabled": True} in found
    assert refused(eks.update_cluster_config, name="sandbox", logging=logging)[2].startswith(
        "No changes needed"
    )
    both = {**shift, "logging": {"clusterLogging": []}}
    assert "Only one type" in refused(eks.update_cluster_config, name="sandbox", **both)[2]


def test_the_cluster_and_its_node_groups_are_tagged(eks: Any, group: str) -> None:
    arns = [
        eks.describe_cluster(name="sandbox")["cluster"]["arn"],
        view(eks)["nodegroupArn"],
    ]
    for arn in arns:
        eks.tag_resource(resourceArn=arn, tags={"team": "web", "old": "1"})
        eks.untag_resource(resourceArn=arn, tagKeys=["old"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "web"}
    assert view(eks)["tags"] == {"team": "web"}
    assert refused(eks.list_tags_for_resource, resourceArn=f"{arns[0]}-no")[0] == 404


def test_what_is_not_there_is_not_found(eks: Any, group: str) -> None:
    for call, params in (
        (eks.describe_cluster, {"name": "prod"}),
        (eks.describe_nodegroup, {**NG, "nodegroupName": "no"}),
        (eks.describe_update, {"name": "sandbox", "updateId": "no"}),
    ):
        assert refused(call, **params)[:2] == (404, "ResourceNotFoundException")
    assert refused(eks.list_nodegroups, clusterName="sandbox", nextToken="bogus")[0] == 400


def test_what_the_sandbox_cannot_do_of_eks_is_said_and_not_made_up(eks: Any) -> None:
    status, code, message = refused(eks.list_addons, clusterName="sandbox")
    assert (status, code) == (501, "NotImplemented")
    assert "eks:ListAddons" in message
