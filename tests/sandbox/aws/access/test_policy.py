from __future__ import annotations

from typing import Any

import pytest

from sopctl.sandbox.aws.access.policy import decide, statements

WEB = "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:u:autoScalingGroupName/web"


def verdict(*bodies: dict[str, Any], action: str = "autoscaling:DeleteTags", **context: Any) -> str:
    found = statements("p", {"Statement": list(bodies)})
    keys = {name.replace("__", ":").lower(): value for name, value in context.items()}
    return decide(found, action, WEB, keys).decision


def allow(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "autoscaling:*", "Resource": "*", **more}


def test_what_nobody_allows_is_denied_and_a_deny_wins() -> None:
    assert verdict() == "implicitDeny"
    assert verdict(allow()) == "allowed"
    assert verdict(allow(), {**allow(), "Effect": "Deny"}) == "explicitDeny"
    assert verdict(allow(), action="ec2:RunInstances") == "implicitDeny"


def test_actions_are_patterns_whatever_their_case_and_resources_are_exact() -> None:
    assert verdict(allow(Action="AutoScaling:delete????")) == "allowed"
    assert verdict(allow(Resource="arn:aws:autoscaling:*:*:autoScalingGroup:*/web")) == "allowed"
    assert verdict(allow(Resource="arn:aws:autoscaling:*/WEB")) == "implicitDeny"
    assert verdict({"Effect": "Allow", "NotAction": "ec2:*", "NotResource": "x"}) == "allowed"
    assert verdict({"Effect": "Allow", "NotAction": "*", "Resource": "*"}) == "implicitDeny"


TAG = "aws:ResourceTag/team"


@pytest.mark.parametrize(
    ("operator", "wanted", "values", "holds"),
    [
        ("StringEquals", "web", ["web"], True),
        ("StringEquals", ["a", "web"], ["web"], True),
        ("StringEquals", "web", ["shop"], False),
        ("StringEquals", "web", None, False),
        ("StringEqualsIfExists", "web", None, True),
        ("StringNotEquals", "web", ["shop"], True),
        ("StringNotEquals", "web", ["web"], False),
        ("StringNotEquals", "web", None, True),
        ("StringLike", "w*", ["web"], True),
        ("StringNotLike", "w*", ["web"], False),
        ("ForAllValues:StringLike", ["w*", "s*"], ["web", "shop"], True),
        ("ForAllValues:StringLike", ["w*"], ["web", "shop"], False),
        ("ForAllValues:StringLike", ["w*"], None, True),
        ("ForAnyValue:StringEquals", ["shop"], ["web", "shop"], True),
        ("ForAnyValue:StringEquals", ["shop"], ["web"], False),
        ("ForAnyValue:StringEquals", ["shop"], None, False),
        ("Null", "true", None, True),
        ("Null", "false", None, False),
        ("Bool", "true", ["True"], True),
        ("NumericLessThan", "5", ["4"], True),
        ("NumericLessThan", "5", ["x"], False),
        ("IpAddress", "10.0.0.0/8", ["10.0.0.1"], False),
    ],
    ids=str,
)
def test_conditions_hold_as_iam_defines_them(
    operator: str, wanted: Any, values: Any, holds: bool
) -> None:
    body = allow(Condition={operator: {TAG: wanted}})
    context = {} if values is None else {TAG.replace(":", "__"): values}
    assert verdict(body, **context) == ("allowed" if holds else "implicitDeny")


def test_missing_context_is_named_and_variables_are_filled() -> None:
    body = allow(Condition={"StringEquals": {TAG: "${aws:username}"}})
    found = statements("p", {"Statement": body})
    assert decide(found, "autoscaling:DeleteTags", WEB, {}).missing == (TAG,)
    context = {TAG.lower(): ["ann"], "aws:username": ["ann"]}
    assert decide(found, "autoscaling:DeleteTags", WEB, context).decision == "allowed"
    context["aws:username"] = ["bob"]
    assert decide(found, "autoscaling:DeleteTags", WEB, context).decision == "implicitDeny"
