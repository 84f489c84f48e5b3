from __future__ import annotations

import json

import pytest

from sopctl.checks.ready.spot.queue import CHECK, Params
from sopctl.facts import notices
from tests.fakes.balancers import aws
from tests.fakes.handlers import deployed

DETAILS = (notices.INTERRUPTION, notices.REBALANCE, notices.STATE, notices.TERMINATE)


@pytest.fixture
def queue(stage):
    """Everything as in the handler's README; the queue's URL and ARN."""
    stage.local.autoscaler()
    stage.local.group("spot", "us-east-1a", spot=True)
    url = aws(stage.local, "sqs", "create_queue", QueueName="notices")["QueueUrl"]
    wanted = {"QueueUrl": url, "AttributeNames": ["QueueArn"]}
    arn = aws(stage.local, "sqs", "get_queue_attributes", **wanted)["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com"]}}
    statement = {**allow, "Action": "sqs:SendMessage", "Resource": arn}
    policy = {"Policy": json.dumps({"Statement": [statement]}), "MessageRetentionPeriod": "300"}
    aws(stage.local, "sqs", "set_queue_attributes", QueueUrl=url, Attributes=policy)
    pattern = json.dumps({"detail-type": list(DETAILS)})
    aws(stage.local, "events", "put_rule", Name="notices", EventPattern=pattern)
    aws(stage.local, "events", "put_targets", Rule="notices", Targets=[{"Id": "1", "Arn": arn}])
    _hook(stage, 300)
    stage.cluster.create("deployments", deployed(url))
    return url


def _hook(stage, heartbeat):
    aws(
        stage.local,
        "autoscaling",
        "put_lifecycle_hook",
        AutoScalingGroupName="spot",
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        HeartbeatTimeout=heartbeat,
    )


def test_without_such_a_handler_there_is_nothing_to_look_at(stage):
    assert not CHECK.look(stage.clients, Params()).applies


def test_as_in_the_readme_it_holds(stage, queue):
    assert CHECK.look(stage.clients, Params()).rows == ()
    assert CHECK.look(stage.clients, Params()).holds


def test_what_no_rule_sends_is_named(stage, queue):
    pattern = json.dumps({"detail-type": list(DETAILS[:2])})
    aws(stage.local, "events", "put_rule", Name="notices", EventPattern=pattern)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == (
        "no rule sends notices each EC2 Instance State-change Notification",
        "no rule sends notices each EC2 Instance-terminate Lifecycle Action",
    )


def test_a_rule_that_is_off_or_sends_elsewhere_sends_nothing(stage, queue):
    aws(stage.local, "events", "disable_rule", Name="notices")
    assert len(CHECK.look(stage.clients, Params()).rows) == len(DETAILS)
    aws(stage.local, "events", "enable_rule", Name="notices")
    aws(stage.local, "events", "remove_targets", Rule="notices", Ids=["1"])
    assert len(CHECK.look(stage.clients, Params()).rows) == len(DETAILS)


@pytest.mark.parametrize(
    ("policy", "holds"),
    [
        ({"Statement": []}, False),
        ({"Statement": [{"Effect": "Deny", "Principal": "*"}]}, False),
        (
            {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}]},
            False,
        ),
        ({"Statement": [{"Effect": "Allow", "Principal": "*"}]}, True),
        (
            {"Statement": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}},
            True,
        ),
    ],
)
def test_eventbridge_has_to_be_let_in(stage, queue, policy, holds):
    whole = {"Version": "2012-10-17"} | policy
    attributes = {"Policy": json.dumps(whole)}
    aws(stage.local, "sqs", "set_queue_attributes", QueueUrl=queue, Attributes=attributes)
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds is holds
    assert holds or verdict.rows == ("notices lets EventBridge send nothing (queue policy)",)


def test_notices_are_not_kept_for_days(stage, queue):
    wanted = {"QueueUrl": queue, "AttributeNames": ["Policy"]}
    attributes = dict(aws(stage.local, "sqs", "get_queue_attributes", **wanted)["Attributes"])
    attributes["MessageRetentionPeriod"] = "345600"
    aws(stage.local, "sqs", "set_queue_attributes", QueueUrl=queue, Attributes=attributes)
    assert CHECK.look(stage.clients, Params()).rows == ("notices keeps notices for 345600 s",)


def test_groups_have_to_wait_long_enough(stage, queue):
    _hook(stage, 60)
    assert CHECK.look(stage.clients, Params()).rows == ("spot waits 60 s for a drain",)
    named = {"AutoScalingGroupName": "spot", "LifecycleHookName": "drain"}
    aws(stage.local, "autoscaling", "delete_lifecycle_hook", **named)
    row = "spot has no lifecycle hook for terminations"
    assert CHECK.look(stage.clients, Params()).rows == (row,)


def test_a_queue_that_is_gone_is_named(stage, queue):
    aws(stage.local, "sqs", "delete_queue", QueueUrl=queue)
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == (f"shop/queue-handler listens to {queue}, which does not exist",)
