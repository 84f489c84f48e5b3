"""Spot placement scores: how likely spot requests succeed, by zone.

Source: EC2 API reference, GetSpotPlacementScores; EC2 user guide, "Spot placement score".
"""

from __future__ import annotations

from collections.abc import Collection

from sopctl.providers.aws import Aws

FEWEST_TYPES = 3  # with fewer the score is low whatever there is
_STEPS = (1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


def rounded(instances: int) -> int:
    """The next of a few sizes: each new one counts as a configuration, of which a day has few."""
    return next((step for step in _STEPS if instances <= step), _STEPS[-1])


def by_zone(aws: Aws, types: Collection[str], instances: int) -> tuple[tuple[str, int], ...]:
    """Zone *ids* with scores of 1 to 10; 10 is likely, and nothing is promised.

    *instances*: one of the sizes that ``rounded`` knows.
    """
    found = aws.pages(
        "ec2",
        "get_spot_placement_scores",
        "SpotPlacementScores",
        InstanceTypes=sorted(types),
        TargetCapacity=instances,
        SingleAvailabilityZone=True,
        RegionNames=[aws.region],
    )
    return tuple((each["AvailabilityZoneId"], each["Score"]) for each in found)
