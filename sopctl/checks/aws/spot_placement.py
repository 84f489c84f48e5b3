"""``aws.spot.placement``: spot is likely to be had in enough zones.

AWS scores each zone for a set of instance types: what it would say to a request, without a promise.
A day has few new sets, so that the types of the cluster's own spot nodes are asked for, in a few
sizes, and once for a run.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.facts import placement, purchase
from sopctl.facts.world import World
from sopctl.providers.answers import AnsweredError

TYPE = "node.kubernetes.io/instance-type"
NO_MORE = "MaxConfigLimitExceeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """It holds when *zones* zones score *at_least* (1 to 10), without *except_zone*.

    *types*: empty is those of the cluster's spot nodes. *instances*: 0 is as many as there are.
    """

    at_least: int = 5
    zones: int = 1
    types: tuple[str, ...] = ()
    instances: int = 0
    except_zone: str = ""


def look(world: World, params: Params) -> Verdict:
    spot = [each for each in world.facts.nodes() if purchase.of(each.labels) == "spot"]
    types = sorted(set(params.types or (e.labels[TYPE] for e in spot if TYPE in e.labels)))
    if len(types) < placement.FEWEST_TYPES:
        found = ", ".join(types) or "none"
        detail = f"scores say nothing of fewer than {placement.FEWEST_TYPES} types: {found}"
        return Verdict(holds=True, detail=detail, applies=False)
    try:
        size = placement.rounded(params.instances or max(1, len(spot)))
        scores = world.facts.placement(types, size)
    except AnsweredError as error:
        if error.code != NO_MORE:
            raise
        detail = "AWS scores no new set of types and size today: ask for one it knows, or wait"
        return Verdict(holds=False, detail=detail)
    return _verdict(world, params, scores, types)


def _verdict(
    world: World, params: Params, scores: Collection[tuple[str, int]], types: Collection[str]
) -> Verdict:
    names = {zone.id: zone.name for zone in world.facts.zones()}
    left = world.facts.zone(params.except_zone).id if params.except_zone else ""
    ranked = sorted(scores, key=lambda each: (-each[1], each[0]))
    rows = tuple(f"{names.get(zone, '')} {zone}: {score}".strip() for zone, score in ranked)
    good = [zone for zone, score in ranked if score >= params.at_least and zone != left]
    detail = f"{len(good)} zones score {params.at_least} or more for {len(types)} types"
    return Verdict(holds=len(good) >= params.zones, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="aws.spot.placement",
    summary="Spot is likely to be had in enough zones, by its placement scores.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "ec2:DescribeAvailabilityZones",
        "ec2:GetSpotPlacementScores",
    ),
)
