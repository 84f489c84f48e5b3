from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sopctl.actions.aws.asg_distribution import ACTION, DistributionState, Params
from sopctl.core.action import Change
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT
from sopctl.facts.choice import Where
from sopctl.sandbox.aws.faults import FaultRule
from tests.laws import prove, run
from tests.local import Local

SPOT = Params(select=Where(groups=("spot-a",)))


def distribution(local: Local, group: str = "spot-a") -> dict[str, Any]:
    (found,) = local.world.aws.pages(
        "autoscaling",
        "describe_auto_scaling_groups",
        "AutoScalingGroups",
        AutoScalingGroupNames=[group],
    )
    kept: dict[str, Any] = found["MixedInstancesPolicy"]["InstancesDistribution"]
    return kept


def shift(local: Local, params: Params) -> Change[DistributionState]:
    (resource,) = ACTION.select(local.world, params).ids
    seen = ACTION.observe(local.world, params, [resource])[resource]
    change = Change(resource, seen, ACTION.desire(params, resource, seen))
    run(ACTION, local.world, [change])
    return change


def test_the_laws_hold(local: Local) -> None:
    assert [i.name for i in prove(ACTION, local, SPOT).selection.ids] == ["spot-a"]


def test_everything_but_the_percentage_stays_as_it_was(local: Local) -> None:
    before = distribution(local)
    shift(local, SPOT)
    after = distribution(local)
    assert after.pop("OnDemandPercentageAboveBaseCapacity") == 100
    assert before.pop("OnDemandPercentageAboveBaseCapacity") == 0
    assert after == before
    assert local.sent("UpdateAutoScalingGroup") == 1


def test_the_overrides_of_the_group_stay(local: Local) -> None:
    local.group(
        "mixed", "us-east-1b", spot=True, on_demand_base=2, instance_types=("m5.large", "m5a.large")
    )
    types = local.cloud.group("mixed").instance_types
    shift(local, Params(select=Where(groups=("mixed",))))
    assert local.cloud.group("mixed").instance_types == types


def test_groups_without_a_policy_have_nothing_to_change(local: Local) -> None:
    names = {i.name for i in ACTION.select(local.world, Params()).ids}
    assert names == {"spot-a", "spot-b", "spot-c"}


def test_consent_is_needed_because_instances_are_replaced() -> None:
    assert "replaced" in ACTION.consent(Params())


def test_a_group_with_segments_is_left_alone(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = local.world.facts.groups()
    having = [
        replace(e, distribution={**e.distribution, "DistributionSegments": [{}]})
        if e.name == "spot-a"
        else e
        for e in groups
    ]
    monkeypatch.setattr(type(local.world.facts), "groups", lambda _: tuple(having))
    selection = ACTION.select(local.world, SPOT)
    assert selection.ids == ()
    assert "would be deleted" in selection.notes[0]


def test_a_percentage_that_is_none_is_refused(local: Local) -> None:
    with pytest.raises(RefusedError, match="101 is not a percentage"):
        ACTION.select(local.world, replace(SPOT, on_demand_percent=101))


def test_a_refusal_of_the_service_is_said(local: Local) -> None:
    rule = FaultRule(kind="error", operation="UpdateAutoScalingGroup", value="ValidationError")
    local.front.faults.append(rule)
    (resource,) = ACTION.select(local.world, SPOT).ids
    seen = ACTION.observe(local.world, SPOT, [resource])[resource]
    change = Change(resource, seen, ACTION.desire(SPOT, resource, seen))
    (answer,) = run(ACTION, local.world, [change]).values()
    assert answer.kind.value == "rejected"
    assert seen.state is not ABSENT
