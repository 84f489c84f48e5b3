"""``aws.asg.capacity``: pause the growth of groups by setting their maximum to what they have.

The autoscaler reads bounds again every minute and skips groups that are at their maximum; it may
still remove nodes. The trap is a race: "if new MaxSize is smaller than the current size,
DesiredCapacity is set to MaxSize" (Auto Scaling API, UpdateAutoScalingGroup), so a group that the
autoscaler raised between our read and our write would lose instances. Therefore the group is
looked at right before and right after, and what was lost is wished for again at once. Some groups
share these looks: no more than are written within a few seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sopctl.actions.aws import asg_update
from sopctl.core.action import Action, Call, Change, Converged, Effect, Receipt, ReceiptKind, Seen
from sopctl.core.errors import NotFoundError, SopError, TemporaryError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import autoscaler_status, choice, groups, needs, side_effects
from sopctl.facts.choice import Choice
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.marks import asg_tag
from sopctl.marks.asg_tag import MARKER
from sopctl.providers.receipts import receipt

KIND = "aws.asg"
PART = "MaxSize"
WITHIN = 200.0
BATCH = 10  # groups that share the looks before and after: two seconds of paced writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Groups of *zone* alone (empty is all zones) that buy nothing but spot; or by name.

    With *spot* false, groups of all kinds; with *multi_zone* those that are in the zone and
    elsewhere too, which would otherwise launch a part of every growth in it.
    """

    zone: str = ""
    spot: bool = True
    multi_zone: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    select: Select = field(default_factory=Select)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxState:
    """The most instances the group may have."""

    max: int


def select(world: World, params: Params) -> Selection:
    """The groups to hold at their size; mixed, managed and by-name groups are noted."""
    population = world.facts.groups()
    chosen = choice.changeable(choice.by_name(population, params.select.groups))
    zone = world.facts.zone(params.select.zone).name if params.select.zone else ""
    if params.select.multi_zone:
        chosen = choice.multi_zone(chosen, zone)
    elif zone:
        chosen = choice.single_zone(chosen, zone)
    if params.select.spot:
        mixed = chosen.without(
            lambda group: group.mixed,
            "left alone, because it buys on demand too, and its maximum holds for both.",
        )
        chosen = Choice(tuple(each for each in mixed.groups if each.spot), mixed.notes)
    chosen = chosen.without(
        lambda group: bool(group.managed),
        "left alone, because EKS owns the size of a managed node group.",
    )
    chosen = _heeded(world, chosen)
    ids = tuple(ResourceId(KIND, each.name, each.arn, PART) for each in chosen.groups)
    return Selection(ids, len(population), chosen.notes)


def _heeded(world: World, chosen: Choice) -> Choice:
    """Without groups whose maximum the autoscaler does not read."""
    try:
        explicit = {name for each in world.facts.autoscalers() for name in each.explicit}
    except TemporaryError:
        return chosen  # the API server is down: pausing does not depend on it
    return chosen.without(
        lambda group: group.name in explicit,
        "left alone, because the autoscaler is given its bounds by name (--nodes).",
    )


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[MaxState]]:
    found = groups.named(world.aws, [each.name for each in ids])
    return {each: _observed(found.get(each.name), each) for each in ids}


def _observed(group: Group | None, resource: ResourceId) -> Observed[MaxState]:
    if group is None or group.arn != resource.incarnation:
        return Observed(ABSENT, gone=True)
    return Observed(MaxState(max=group.max), evidence={"desired": group.desired, "min": group.min})


def desire(params: Params, resource: ResourceId, observed: Observed[MaxState]) -> MaxState | Absent:
    if observed.gone or observed.state is ABSENT:
        return ABSENT
    desired = observed.evidence["desired"]
    assert isinstance(desired, int)
    return MaxState(max=min(observed.state.max, desired))


def suffices(held: MaxState, wanted: MaxState) -> bool:
    """A group that shrank since grows no further than what it had when it was paused."""
    return held.max >= wanted.max


def converge(call: Call, world: World, changes: Sequence[Change[MaxState]]) -> Converged:
    """One look at all of them right before, a write for each, and one look right after."""
    try:
        before = groups.named(world.aws, [each.resource.name for each in changes])
    except SopError as error:
        silence = receipt(error)
        yield from ((each.resource, silence) for each in changes)
        return
    sent: list[tuple[Change[MaxState], Group, Receipt]] = []
    for each in changes:
        group = before.get(each.resource.name)
        if group is None or group.arn != each.resource.incarnation:
            yield each.resource, receipt(_another(each.resource))
            continue
        answer = _resize(call, world, each, group)
        if answer.kind in (ReceiptKind.DONE, ReceiptKind.UNKNOWN):
            sent.append((each, group, answer))
        else:
            yield each.resource, answer
    yield from _looked_after(call, world, sent)


def _resize(call: Call, world: World, change: Change[MaxState], before: Group) -> Receipt:
    """Set the maximum, unless the group wants more by now."""
    assert change.after is not ABSENT, "a maximum is there as long as its group is"
    bound = change.after.max
    if before.desired > bound:
        # Asking again would not help: the plan is too small. A retry plans it anew.
        return Receipt(
            kind=ReceiptKind.REJECTED,
            why=f"{before.name} now wants {before.desired} instances, "
            f"more than the planned {bound}",
        )
    return asg_update.update(call, world, change.resource, MaxSize=bound)


def _looked_after(
    call: Call, world: World, sent: Sequence[tuple[Change[MaxState], Group, Receipt]]
) -> Iterator[tuple[ResourceId, Receipt]]:
    """If the new maximum cost a group instances, give them back and say conflict."""
    if not sent:
        return
    try:
        now = groups.named(world.aws, [before.name for _, before, _ in sent])
    except SopError as error:
        receipt(error)  # raises what is not about these changes
        yield from (
            (each.resource, _unknown(before, answer, error)) for each, before, answer in sent
        )
        return
    for each, before, answer in sent:
        yield each.resource, _repaired(call, world, before, now.get(before.name), answer)


def _repaired(call: Call, world: World, before: Group, now: Group | None, sent: Receipt) -> Receipt:
    """*sent*, unless the group wants less than it did, or has more than it may keep."""
    resource = ResourceId(KIND, before.name, before.arn, PART)
    if now is None or now.arn != before.arn:
        return _unknown(before, sent, _another(resource))
    wanted = _lost(before, now)
    if not wanted:
        return sent
    back = asg_update.update(
        call, world, resource, MaxSize=max(before.max, wanted), DesiredCapacity=wanted
    )
    if back.kind is not ReceiptKind.DONE:
        return _unknown(before, sent, back.why)
    return Receipt(
        kind=ReceiptKind.CONFLICT,
        requests=(*sent.requests, *back.requests),
        why=f"{before.name} grew meanwhile; it may have {wanted} instances again",
    )


def _unknown(before: Group, sent: Receipt, why: object) -> Receipt:
    return Receipt(
        kind=ReceiptKind.UNKNOWN,
        requests=sent.requests,
        why=f"the maximum of {before.name} was set; what came of it is unknown: {why}",
    )


def _another(resource: ResourceId) -> NotFoundError:
    return NotFoundError(f"{resource.name} is not the group it was", provider="aws")


def _lost(before: Group, now: Group) -> int:
    """How many instances the group must want again, or 0 if nothing was lost."""
    fewer = now.desired < before.desired
    surplus = now.staying > now.desired and before.staying <= before.desired
    return max(before.desired, now.staying) if fewer or surplus else 0


def look(
    world: World, params: Params, changes: Sequence[Change[MaxState]], changed_at: datetime
) -> Seen:
    """Has every autoscaler written its status since, with the new maxima?"""
    expected = {e.resource.name: e.after.max for e in changes if e.after is not ABSENT}
    known: dict[str, int | None] = {}
    for autoscaler in world.facts.autoscalers():
        status = autoscaler_status.read(world.k8s, autoscaler)
        if late := autoscaler_status.late(status, changed_at):
            return Seen(ok=False, detail=late)
        assert status is not None
        known |= {name: status.groups[name].max for name in expected if name in status.groups}
    if stale := sorted(name for name, found in known.items() if found != expected[name]):
        return Seen(ok=False, detail=f"the autoscaler has old bounds of {', '.join(stale)}")
    count = "1 group" if len(known) == 1 else f"{len(known)} groups"
    return Seen(ok=True, detail=f"the autoscaler has the new bounds of {count}")


ACTION: Action[Params, MaxState] = Action(
    id="aws.asg.capacity",
    summary="Pause the growth of Auto Scaling groups: maximum = what they have.",
    kind=KIND,
    params=Params,
    state=MaxState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(
        describe="the autoscaler knows the new maximum of each group", look=look, within=WITHIN
    ),
    suffices=suffices,
    marker=MARKER,
    batch=BATCH,
    concurrency=2,
    settle=5.0,
    side_effects=side_effects.of_groups,
    permissions=(
        *needs.of("groups"),
        "autoscaling:UpdateAutoScalingGroup",
        *asg_tag.PERMISSIONS,
        "k8s:get configmaps cluster-autoscaler-status",
    ),
    only_with={
        "select.zone": ("ec2:DescribeAvailabilityZones",),
    },
)
