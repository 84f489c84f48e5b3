from __future__ import annotations

import json

from sopctl.checks.ready.spot.warnings import CHECK, Params
from sopctl.facts.notices import INTERRUPTION
from tests.fakes.balancers import aws


def test_a_rule_with_a_target_holds(stage):
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("spot", "us-east-1a", spot=True)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "interruption warnings are caught by no rule"
    pattern = json.dumps({"source": ["aws.ec2"], "detail-type": [INTERRUPTION]})
    aws(stage.local, "events", "put_rule", Name="spot", EventPattern=pattern)
    assert CHECK.look(stage.clients, Params()).rows == ("rule spot has no target",)
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}
    aws(stage.local, "events", "put_targets", Rule="spot", Targets=[target])
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail == "interruption warnings are caught by spot (1 targets)"
    aws(stage.local, "events", "disable_rule", Name="spot")
    assert CHECK.look(stage.clients, Params()).rows == ("rule spot is disabled",)
