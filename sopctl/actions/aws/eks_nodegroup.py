"""``aws.eks.nodegroup``: hold managed node groups at their size, through EKS and nothing else.

What is edited past EKS, in the Auto Scaling group behind a node group, makes EKS call the node
group degraded or is put back by its next update. EKS takes a change at once and carries it out
later, one at a time for each node group; while one is on its way the next is refused and tried
again.
Source: EKS API reference, UpdateNodegroupConfig; EKS user guide, "Update a managed node group".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.errors import ConflictError, NotFoundError, RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import needs
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.providers.receipts import receipt

KIND = "aws.eks.nodegroup"
HOLDS = ("growth", "shrinking")
_PARTS = {"growth": "maxSize", "shrinking": "minSize"}
BUSY = 10.0  # seconds until EKS is asked again while another update is in progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*hold*: growth (maximum = what it wants) or shrinking (minimum = what it wants).

    *zone*: only node groups that are in it. *nodegroups*: by name; otherwise all of the cluster.
    *spot*: only those that buy spot.
    """

    hold: str
    zone: str = ""
    nodegroups: tuple[str, ...] = ()
    spot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeState:
    """The bound that is held: the maximum or the minimum."""

    size: int


def select(world: World, params: Params) -> Selection:
    """The cluster's managed node groups, as the groups behind them tell."""
    if params.hold not in HOLDS:
        raise RefusedError(f"nothing to hold is called {params.hold!r}", hint="growth, shrinking.")
    groups = [each for each in world.facts.groups() if each.managed]
    known = sorted({each.managed for each in groups})
    if missing := sorted(set(params.nodegroups) - set(known)):
        raise RefusedError(
            f"this cluster has no node group {', '.join(missing)}",
            hint=f"It has {', '.join(known)}." if known else "It has none that EKS manages.",
        )
    names = sorted({each.managed for each in groups if _meant(world, params, each)})
    cluster = world.facts.eks()
    if names and cluster is None:
        raise RefusedError(
            "the node groups are managed by EKS, which does not know the cluster",
            hint="Is it another account or region? `sopctl target check` shows both.",
        )
    asked = [_describe(world, name) for name in names]
    ids = (
        ResourceId(KIND, name, str(raw["nodegroupArn"]), _PARTS[params.hold])
        for name, raw in zip(names, asked, strict=True)
        if raw is not None
    )
    return Selection(tuple(ids), len(known))


def _meant(world: World, params: Params, group: Group) -> bool:
    if params.nodegroups and group.managed not in params.nodegroups:
        return False
    if params.spot and group.on_demand:
        return False
    return not params.zone or world.facts.zone(params.zone).name in group.zones


def _describe(world: World, name: str) -> Mapping[str, object] | None:
    cluster = world.facts.eks()
    assert cluster is not None, "select found node groups of it"
    try:
        found: Mapping[str, object] = world.aws.read(
            "eks", "describe_nodegroup", clusterName=cluster.name, nodegroupName=name
        )["nodegroup"]
    except NotFoundError:
        return None
    return found


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[SizeState]]:
    asks = [lambda name=each.name: _describe(world, name) for each in ids]
    answers = world.aws.together(asks)
    return {each: _observed(raw, each) for each, raw in zip(ids, answers, strict=True)}


def _observed(raw: Mapping[str, object] | None, resource: ResourceId) -> Observed[SizeState]:
    if raw is None or raw["nodegroupArn"] != resource.incarnation or raw["status"] == "DELETING":
        return Observed(ABSENT, gone=True)
    sizes = raw["scalingConfig"]
    assert isinstance(sizes, Mapping)
    return Observed(
        SizeState(size=int(sizes[resource.part])),
        evidence={"desired": int(sizes["desiredSize"]), "status": str(raw["status"])},
    )


def desire(
    params: Params, resource: ResourceId, observed: Observed[SizeState]
) -> SizeState | Absent:
    """Never a maximum below 1, which EKS does not take."""
    if observed.state is ABSENT:
        return ABSENT
    desired = observed.evidence["desired"]
    assert isinstance(desired, int)
    if params.hold == "growth":
        return SizeState(size=max(1, min(observed.state.size, desired)))
    return SizeState(size=max(observed.state.size, desired))


def suffices(held: SizeState, wanted: SizeState) -> bool:
    """Of a bound that another run keeps: a larger maximum pauses growth as well.

    A minimum is never larger than what is wanted: a smaller one would let nodes go.
    """
    return held.size >= wanted.size


def converge(call: Call, world: World, changes: Sequence[Change[SizeState]]) -> Converged:
    for each in changes:
        yield each.resource, _update(call, world, each)


def _update(call: Call, world: World, change: Change[SizeState]) -> Receipt:
    cluster = world.facts.eks()
    assert change.after is not ABSENT, "a bound is there as long as the node group is"
    try:
        reply = world.aws.write(
            call,
            "eks",
            "update_nodegroup_config",
            clusterName=cluster.name if cluster else "",
            nodegroupName=change.resource.name,
            scalingConfig={change.resource.part: change.after.size},
            clientRequestToken=call.op_id,
        )
    except ConflictError as error:  # another update is in progress
        return Receipt(
            kind=ReceiptKind.NOT_YET, why=error.summary, requests=error.requests, after=BUSY
        )
    except SopError as error:
        return receipt(error)
    update = reply.data["update"]
    return Receipt(kind=ReceiptKind.ACCEPTED, requests=(reply.request,), token=update["id"])


ACTION: Action[Params, SizeState] = Action(
    id="aws.eks.nodegroup",
    summary="Hold managed node groups at their size, through EKS.",
    kind=KIND,
    params=Params,
    state=SizeState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    suffices=suffices,
    concurrency=4,
    settle=5.0,
    permissions=(
        *needs.of("groups", "eks"),
        "eks:DescribeNodegroup",
        "eks:UpdateNodegroupConfig",
    ),
    only_with={
        "zone": ("ec2:DescribeAvailabilityZones",),
    },
)
