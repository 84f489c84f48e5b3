from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.aws.notices import INTERRUPTION, TERMINATE
from sopctl.sandbox.aws.supply import Pool
from tests.sandbox.aws.groups import described, spec

Run = Callable[[float], None]


def test_everything_is_set_up_as_the_readme_says_for_groups_of_ones_own(
    asg: Any, cloud: Cloud, clients: Callable[[str], Any]
) -> None:
    cloud.create_group(spec())
    managed = GroupSpec(name="workers", zones=("us-east-1a",), min=1, max=3, desired=1)
    behind = cloud.create_nodegroup(managed)
    url = cloud.notices.plant()
    found = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["MessageRetentionPeriod"] == "300"
    assert "events.amazonaws.com" in json.dumps(found["Policy"])
    (target,) = clients("events").list_targets_by_rule(Rule="termination-handler")["Targets"]
    assert target["Arn"] == found["QueueArn"]
    (hook,) = asg.describe_lifecycle_hooks(AutoScalingGroupName="web")["LifecycleHooks"]
    assert hook["HeartbeatTimeout"] == 300
    assert asg.describe_lifecycle_hooks(AutoScalingGroupName=behind.name)["LifecycleHooks"] == []
    tags = {each["Key"]: each["PropagateAtLaunch"] for each in described(asg)["Tags"]}
    assert tags["aws-node-termination-handler/managed"] is True


def test_what_is_taken_from_the_queue_is_gone(cloud: Cloud, run: Run) -> None:
    group = cloud.create_group(spec(spot=True))
    cloud.notices.plant()
    victim = group.instances[0]
    cloud.reclaim(Pool(zone="us-east-1a", type="m5.xlarge"), 1, lead=None)
    run(10)
    (notice,) = cloud.notices.take()
    assert (notice.about, notice.token) == (INTERRUPTION, "")
    assert notice.instance in {each.id for each in group.instances}
    assert cloud.notices.take() == []
    assert victim.group == "web"


def test_an_instance_that_waits_goes_on_when_the_handler_says_so(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    victim = cloud.create_group(spec()).instances[0].id
    cloud.notices.plant()
    cloud.terminate(victim)
    run(30)
    (notice,) = [each for each in cloud.notices.take() if each.about == TERMINATE]
    assert notice.instance == victim
    waiting = {e["InstanceId"]: e["LifecycleState"] for e in described(asg)["Instances"]}
    assert waiting[victim] == "Terminating:Wait"
    cloud.notices.proceed(notice)
    run(60)
    assert victim not in {each["InstanceId"] for each in described(asg)["Instances"]}


def test_without_a_queue_there_is_nothing_to_take(cloud: Cloud) -> None:
    assert cloud.notices.take() == []
