"""``aws.spot.replaceable``: on-demand groups can take what runs on spot.

That is: pods on spot nodes have nodes on demand that they tolerate and may choose, groups may grow
by as many instances, and the account by as many vCPUs.
Source: Auto Scaling user guide, "Allocation strategies"; EC2 user guide, "On-Demand Instance
quotas"; Ctrip, 2.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.core.errors import NotFoundError, PermissionDeniedError
from sopctl.facts import needs, purchase, quotas, room, sizes
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod
from sopctl.facts.world import World

_TYPE = "node.kubernetes.io/instance-type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: only its spot nodes, by name; empty: all of them."""

    zone: str = ""


def look(world: World, params: Params) -> Verdict:
    nodes = world.facts.nodes()
    spot = [e for e in nodes if purchase.of(e.labels) == "spot" and params.zone in ("", e.zone)]
    others = [each for each in nodes if purchase.of(each.labels) != "spot"]
    rows = (
        *_nowhere(world.facts.pods(), spot, others),
        *_too_small(world, len(spot), params.zone),
        *_above_quota(world, spot, others),
    )
    detail = f"{len(spot)} nodes are spot" + ("" if rows else ", and can be replaced on demand")
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(spot))


def _nowhere(pods: Sequence[Pod], spot: Sequence[Node], others: Sequence[Node]) -> Iterator[str]:
    """Workloads that no node on demand takes, however empty; one row for each owner."""
    names = {each.name for each in spot}
    seen: set[str] = set()
    for each in pods:
        if each.node not in names or not room.moves(each):
            continue
        owner = each.owner.name if each.owner else each.name
        if owner not in seen and not any(room.takes(where, each) for where in others):
            seen.add(owner)
            yield f"no node on demand takes {each.namespace}/{owner}"


def _too_small(world: World, lost: int, zone: str) -> Iterator[str]:
    groups = [e for e in world.facts.groups() if e.on_demand and (not zone or zone not in e.zones)]
    more = sum(max(0, each.max - each.desired) for each in groups)
    if more < lost:
        yield f"on-demand groups may grow by {more}, and {lost} spot instances would be replaced"


def _above_quota(world: World, spot: Sequence[Node], others: Sequence[Node]) -> Iterator[str]:
    """By the nodes of this cluster alone; where quotas may not be read, nothing is said."""
    if not spot:
        return
    counted = [*spot, *others]
    known = sizes.read(world.aws, {e.labels[_TYPE] for e in counted if _TYPE in e.labels})
    vcpus = sum(size.vcpus for e in counted if (size := known.get(e.labels.get(_TYPE, ""))))
    try:
        allowed = quotas.read(world.aws)["on-demand"]
    except (NotFoundError, PermissionDeniedError):
        return
    if vcpus > allowed:
        yield f"all on demand would be {vcpus} vCPUs, and the quota allows {allowed}"


CHECK: Check[Params] = Check(
    id="aws.spot.replaceable",
    summary="On-demand groups can take what runs on spot.",
    params=Params,
    look=look,
    permissions=(
        *needs.of("groups", "nodes", "pods"),
        "ec2:DescribeInstanceTypes",
        "servicequotas:GetServiceQuota",
    ),
)
