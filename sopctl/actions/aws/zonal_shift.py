"""``aws.zonal_shift``: shift load balancers, the cluster or groups away from a zone (ARC).

A zonal shift is a call of the data plane: the one step for a failed zone that needs no control
plane of AWS. It ends by itself at its expiry, at most three days ahead, and traffic silently
returns: `sopctl watch` extends it. A shift that somebody else or AWS started for the same zone is
taken as it is and never cancelled; one away from another zone is left alone, because a resource can
be shifted away from one zone at a time.
Source: ARC developer guide, "Zonal shift in ARC"; API reference of arc-zonal-shift.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sopctl.core.action import Action, Call, Change, Converged, Effect, Receipt, ReceiptKind, Seen
from sopctl.core.clock import parse_stamp, stamp
from sopctl.core.errors import RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import needs, shifts
from sopctl.facts.shifts import Managed
from sopctl.facts.world import World
from sopctl.providers.answers import Reply
from sopctl.providers.receipts import receipt

KIND = "aws.zonal_shift"
KINDS = ("load_balancer", "cluster", "group")
SERVICE = "arc-zonal-shift"
LONGEST = timedelta(hours=72)
SHORTEST = timedelta(minutes=1)
WITHIN = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or an id. *of*: load_balancer, cluster, group; or *resources* by ARN.

    *seconds*: how long a shift holds unless it is extended, at most three days.
    """

    zone: str
    of: tuple[str, ...] = ("load_balancer",)
    resources: tuple[str, ...] = ()
    seconds: int = 4 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftState:
    """A shift in force: *away_from* is a zone id, *until* when it ends by itself.

    *comment* says whose it is; what is desired has none, and any will do.
    """

    away_from: str
    until: str
    comment: str = ""


def select(world: World, params: Params) -> Selection:
    """What can be shifted of the cluster; what cannot, and why, is noted."""
    _check(params)
    zone = world.facts.zone(params.zone)
    known = shifts.read(world.aws)
    mine, notes = _mine(world, params, known)
    inside = [each for each in mine if zone.id in each.weights]
    other = [each for each in inside if each.shift and each.shift.away_from != zone.id]
    notes += [
        f"{each.name}: left alone, because it is shifted away from {each.shift.away_from} "
        f"({each.shift.comment or 'no comment'}), and only one zone can be shifted away from."
        for each in other
        if each.shift
    ]
    chosen = [each for each in inside if each not in other]
    ids = (ResourceId(KIND, each.name, each.arn, zone.id) for each in chosen)
    return Selection(tuple(sorted(ids)), len(known), tuple(notes))


def _check(params: Params) -> None:
    if strange := [each for each in params.of if each not in KINDS]:
        raise RefusedError(
            f"there is no {strange[0]!r} to shift", hint=f"Shift {', '.join(KINDS)}."
        )
    if not SHORTEST <= timedelta(seconds=params.seconds) <= LONGEST:
        raise RefusedError(
            f"a shift cannot hold for {params.seconds} seconds",
            hint="It holds for a minute to three days; `sopctl watch` extends it.",
        )


def _mine(
    world: World, params: Params, known: Mapping[str, Managed]
) -> tuple[list[Managed], list[str]]:
    """Those asked for that can be shifted, and sentences about those that cannot."""
    wanted = _named(params) if params.resources else _owned(world, params)
    notes = [
        f"{name}: left alone, because zonal shift is not enabled for it."
        for arn, name in wanted.items()
        if arn not in known
    ]
    return [known[arn] for arn in wanted if arn in known], notes


def _named(params: Params) -> dict[str, str]:
    if wrong := [each for each in params.resources if not each.startswith("arn:")]:
        raise RefusedError(f"{wrong[0]} is not an ARN", hint="Name resources by their ARN.")
    return {arn: arn.rpartition(":")[2] for arn in params.resources}


def _owned(world: World, params: Params) -> dict[str, str]:
    """ARNs and names of what belongs to the cluster, of the kinds asked for."""
    owned: dict[str, str] = {}
    if "load_balancer" in params.of:
        owned |= {each.arn: each.name for each in world.facts.balancers()}
    if "cluster" in params.of and (cluster := world.facts.eks()):
        owned[cluster.arn] = cluster.name
    if "group" in params.of:
        groups = world.facts.groups()
        owned |= {each.arn: each.name for each in groups if len(each.zones) > 1}
    return owned


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[ShiftState]]:
    known = shifts.read(world.aws) if ids else {}
    now = stamp(world.aws.clock.now())
    return {each: _observed(known.get(each.incarnation), now) for each in ids}


def _observed(managed: Managed | None, now: str) -> Observed[ShiftState]:
    if managed is None:
        return Observed(ABSENT, gone=True)
    shift = managed.shift
    if shift is None:
        return Observed(ABSENT, evidence={"now": now})
    state = ShiftState(away_from=shift.away_from, until=shift.until, comment=shift.comment)
    return Observed(state, evidence={"now": now, "shift": shift.id})


def desire(
    params: Params, resource: ResourceId, observed: Observed[ShiftState]
) -> ShiftState | Absent:
    """The shift that is there, if it is away from the zone; a new one otherwise."""
    if observed.gone:
        return ABSENT
    if observed.state is not ABSENT and observed.state.away_from == resource.part:
        return observed.state
    return ShiftState(away_from=resource.part, until=_until(params, observed))


def satisfies(desired: ShiftState | Absent, observed: ShiftState | Absent) -> bool:
    """The same zone, whenever it ends; and the same comment, where one is asked for."""
    if desired is ABSENT or observed is ABSENT:
        return desired is observed
    same = desired.away_from == observed.away_from
    return same and desired.comment in ("", observed.comment)


def renew(
    params: Params, resource: ResourceId, observed: Observed[ShiftState]
) -> ShiftState | None:
    """The same shift until later, once half of its time is over; None while that is not due."""
    state = observed.state
    if state is ABSENT or not observed.evidence.get("shift"):
        return None
    left = parse_stamp(state.until) - parse_stamp(str(observed.evidence["now"]))
    if left > timedelta(seconds=params.seconds) / 2:
        return None
    return ShiftState(
        away_from=state.away_from, until=_until(params, observed), comment=state.comment
    )


def _until(params: Params, observed: Observed[ShiftState]) -> str:
    now = parse_stamp(str(observed.evidence["now"]))
    return (now + timedelta(seconds=params.seconds)).strftime(shifts.FORMAT)


def converge(call: Call, world: World, changes: Sequence[Change[ShiftState]]) -> Converged:
    for each in changes:
        yield each.resource, _shift(call, world, each)


def _shift(call: Call, world: World, change: Change[ShiftState]) -> Receipt:
    """Start, extend or cancel; a shift is changed by the id that it was seen to have."""
    seen = str(change.before.evidence.get("shift", ""))
    try:
        if change.after is ABSENT:
            if change.before.state is ABSENT:
                return Receipt(kind=ReceiptKind.DONE)
            reply = world.aws.write(call, SERVICE, "cancel_zonal_shift", zonalShiftId=seen)
            return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))
        if change.before.state is not ABSENT and change.before.state.until == change.after.until:
            return Receipt(kind=ReceiptKind.DONE)
        left = parse_stamp(change.after.until) - world.aws.clock.now()
        if left <= timedelta():
            why = f"it would have ended at {change.after.until}, which is over"
            return Receipt(kind=ReceiptKind.REJECTED, why=why)
        reply = _start(call, world, change, seen, _expires_in(left))
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


def _start(
    call: Call, world: World, change: Change[ShiftState], seen: str, expires_in: str
) -> Reply:
    if seen:
        return world.aws.write(
            call, SERVICE, "update_zonal_shift", zonalShiftId=seen, expiresIn=expires_in
        )
    assert change.after is not ABSENT
    return world.aws.write(
        call,
        SERVICE,
        "start_zonal_shift",
        resourceIdentifier=change.resource.incarnation,
        awayFrom=change.after.away_from,
        expiresIn=expires_in,
        comment=change.after.comment or shifts.comment(call.run),
    )


def _expires_in(left: timedelta) -> str:
    """In ARC's words, which knows minutes and hours."""
    return f"{math.ceil(min(left, LONGEST) / timedelta(minutes=1))}m"


def look(
    world: World, params: Params, changes: Sequence[Change[ShiftState]], changed_at: datetime
) -> Seen:
    """Are the weights of the zone what they should be?"""
    known = shifts.read(world.aws)
    wrong = [
        each.resource.name
        for each in changes
        if (managed := known.get(each.resource.incarnation))
        and (managed.weights.get(each.resource.part, 0.0) == 0.0) == (each.after is ABSENT)
    ]
    if wrong:
        return Seen(ok=False, detail=f"the weights of {', '.join(sorted(wrong))} have not changed")
    count = "1 resource" if len(changes) == 1 else f"{len(changes)} resources"
    return Seen(ok=True, detail=f"the weights of the zone in {count} are as wanted")


ACTION: Action[Params, ShiftState] = Action(
    id="aws.zonal_shift",
    summary="Shift load balancers, the cluster or groups away from a zone, by ARC zonal shift.",
    kind=KIND,
    params=Params,
    state=ShiftState,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=satisfies,
    renew=renew,
    converge=converge,
    effect=Effect(describe="no traffic is sent to the zone", look=look, within=WITHIN),
    disruptive=True,
    concurrency=4,
    settle=2.0,
    permissions=(
        "arc-zonal-shift:ListManagedResources",
        "arc-zonal-shift:StartZonalShift",
        "arc-zonal-shift:UpdateZonalShift",
        "arc-zonal-shift:CancelZonalShift",
        "ec2:DescribeAvailabilityZones",
    ),
    only_with={
        "of=load_balancer": needs.of("balancers"),
        "of=cluster": needs.of("eks"),
        "of=group": needs.of("groups"),
    },
)
