"""``aws.autoshift.agrees``: AWS has not moved traffic away from another zone than the one named.

An active zonal autoshift is the strongest sign of which zone is ill that costs nothing: AWS starts
one when its own telemetry says that a zone is impaired. Source: ARC API reference, ListAutoshifts.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or an id."""

    zone: str


def look(world: World, params: Params) -> Verdict:
    zone = world.facts.zone(params.zone)
    found = world.aws.pages("arc-zonal-shift", "list_autoshifts", "items", status="ACTIVE")
    away = sorted({each["awayFrom"] for each in found})
    if not away:
        return Verdict(holds=True, detail="AWS has shifted nothing by itself")
    if zone.id in away:
        return Verdict(holds=True, detail=f"AWS itself has shifted away from {zone}")
    detail = f"AWS has shifted away from {', '.join(away)}, not from {zone}: is it the right zone?"
    return Verdict(holds=False, detail=detail)


CHECK: Check[Params] = Check(
    id="aws.autoshift.agrees",
    summary="AWS has not shifted traffic away from another zone.",
    params=Params,
    look=look,
    permissions=("arc-zonal-shift:ListAutoshifts", "ec2:DescribeAvailabilityZones"),
)
