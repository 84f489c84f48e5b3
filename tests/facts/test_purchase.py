from __future__ import annotations

import pytest

from sopctl.facts import purchase


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ({"eks.amazonaws.com/capacityType": "SPOT"}, "spot"),
        ({"eks.amazonaws.com/capacityType": "ON_DEMAND"}, "on-demand"),
        ({"karpenter.sh/capacity-type": "reserved"}, "reserved"),
        ({"node.kubernetes.io/lifecycle": "spot"}, "spot"),
        ({"lifecycle": "Ec2Spot"}, "spot"),
        ({"lifecycle": "normal"}, "on-demand"),
        ({"lifecycle": "something"}, ""),
        ({}, ""),
    ],
)
def test_each_habit_of_the_field_is_understood(labels: dict[str, str], kind: str) -> None:
    assert purchase.of(labels) == kind


def test_what_the_service_says_comes_before_what_people_say() -> None:
    labels = {"lifecycle": "spot", "eks.amazonaws.com/capacityType": "ON_DEMAND"}
    assert purchase.of(labels) == "on-demand"
