from __future__ import annotations

import json

from sopctl.facts import notices
from sopctl.facts.notices import INTERRUPTION, REBALANCE, Rule
from tests.fakes.balancers import aws
from tests.local import Local

ARN = "arn:aws:sqs:us-east-1:123456789012:q"


def _rule(local: Local, name: str, pattern: object, *arns: str) -> None:
    aws(local, "events", "put_rule", Name=name, EventPattern=json.dumps(pattern))
    for number, arn in enumerate(arns):
        target = {"Id": str(number), "Arn": arn}
        aws(local, "events", "put_targets", Rule=name, Targets=[target])


def test_rules_are_read_by_what_they_catch_with_their_targets(local: Local) -> None:
    _rule(local, "both", {"detail-type": [INTERRUPTION, REBALANCE]}, ARN)
    _rule(local, "other", {"detail-type": ["Scheduled Event"]}, ARN)
    _rule(local, "source", {"source": ["aws.ec2"]})
    _rule(local, "off", {"detail-type": [INTERRUPTION]})
    aws(local, "events", "disable_rule", Name="off")
    caught = frozenset({INTERRUPTION})
    assert notices.read(local.world.aws, [INTERRUPTION]) == (
        Rule(name="both", enabled=True, catches=caught, targets=(ARN,)),
        Rule(name="off", enabled=False, catches=caught, targets=()),
    )
    assert local.sent("ListTargetsByRule") == 2
