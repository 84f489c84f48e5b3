"""``aws.zone.exists``: the zone is one of this region, by name or by id."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.core.errors import RefusedError
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name such as us-east-1a, or an id such as use1-az4."""

    zone: str


def look(world: World, params: Params) -> Verdict:
    """Names differ between accounts, so the answer always has both name and id."""
    rows = tuple(f"{each}: {each.state}" for each in world.facts.zones())
    try:
        zone = world.facts.zone(params.zone)
    except RefusedError as error:
        return Verdict(holds=False, detail=f"{error.summary}. {error.hint}", rows=rows)
    return Verdict(holds=True, detail=f"{zone} is {zone.state}, says AWS", rows=rows)


CHECK: Check[Params] = Check(
    id="aws.zone.exists",
    summary="The zone is one of this region, by name or by id.",
    params=Params,
    look=look,
    permissions=("ec2:DescribeAvailabilityZones",),
)
