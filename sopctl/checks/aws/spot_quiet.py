"""``aws.spot.quiet``: few spot instances of the cluster were interrupted lately."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from sopctl.core.check import Check, Verdict
from sopctl.facts import instances, needs
from sopctl.facts.world import World

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """It holds while fewer than *below* were interrupted within *seconds*, an hour at most."""

    below: int = 5
    seconds: int = 600


def look(world: World, params: Params) -> Verdict:
    since = world.aws.clock.now() - timedelta(seconds=params.seconds)
    groups = {each.name for each in world.facts.groups()}
    lost = [each for each in instances.interruptions(world.aws, groups) if each.at >= since]
    pools = Counter(each.pool for each in lost)
    rows = tuple(f"{pool}: {count} interrupted" for pool, count in pools.most_common())
    within = f"within {params.seconds // _MINUTE} minutes"
    detail = f"{len(lost)} spot instances were interrupted {within}"
    return Verdict(holds=len(lost) < params.below, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="aws.spot.quiet",
    summary="Few spot instances of the cluster were interrupted lately.",
    params=Params,
    look=look,
    permissions=(
        *needs.of("groups"),
        "ec2:DescribeInstances",
    ),
)
