"""``aws.asg.tags``: take groups out of the cluster autoscaler, or set tags that it obeys.

A group is discovered when it has all tags that the autoscaler looks for, so one removed key hides
it, within a minute and a loop, without a restart. Value and PropagateAtLaunch come back exactly:
``CreateOrUpdateTags`` overwrites both silently.

Auto Scaling tags have no versions and no conditional write: the engine compares right before and
reads back right after. Sources: Auto Scaling API, CreateOrUpdateTags and DeleteTags;
kubernetes/autoscaler, cloudprovider/aws/aws_manager.go (refreshInterval).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sopctl.core.action import Action, Call, Change, Converged, Effect, Receipt, ReceiptKind, Seen
from sopctl.core.errors import RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.core.side_effect import Aspect, SideEffect
from sopctl.facts import autoscaler_status, choice, groups, needs
from sopctl.facts import side_effects as kept
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.choice import Choice
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.marks import asg_tag
from sopctl.marks.asg_tag import MARKER
from sopctl.providers.receipts import receipt

KIND = "aws.asg"
BATCH = 20  # there is no documented limit; larger calls have been seen to fail as a whole
WITHIN = 200.0  # one refresh of the autoscaler a minute, a loop, and a slow day
ITS_TAGS = "k8s.io/cluster-autoscaler/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Which groups: of *zone* alone (empty is all), discovered by the autoscaler, or by name."""

    zone: str = ""
    autoscaled: bool = True
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*remove*: keys of tags to take off. *add*: tags to set, not propagated to instances."""

    select: Select = field(default_factory=Select)
    remove: tuple[str, ...] = ()
    add: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagState:
    """The tag of that key; *propagate*: new instances get it too."""

    value: str
    propagate: bool


def select(world: World, params: Params) -> Selection:
    """(group, key) for every chosen group; a removed key only where the group has it."""
    population = world.facts.groups()
    chosen = choice.changeable(choice.by_name(population, params.select.groups))
    if params.select.zone:
        chosen = choice.single_zone(chosen, world.facts.zone(params.select.zone).name)
    if params.select.autoscaled:
        autoscalers = world.facts.autoscalers()
        if not autoscalers:
            note = "no cluster autoscaler runs here: nobody would look for the tags."
            return Selection((), len(population), (note,))
        _check_keys(autoscalers, params.remove)
        chosen = choice.droppable(chosen, autoscalers)
    chosen = _noting_managed(chosen, params)
    ids = [
        ResourceId(KIND, group.name, group.arn, key)
        for group in chosen.groups
        for key in (*(key for key in params.remove if key in group.tags), *params.add)
    ]
    return Selection(tuple(ids), len(population), chosen.notes)


def _check_keys(autoscalers: Sequence[Autoscaler], remove: Sequence[str]) -> None:
    """Removing keys that no autoscaler looks for would drop nothing."""
    looked_for = list(dict.fromkeys(tag.key for each in autoscalers for tag in each.discovery))
    if remove and not set(remove) & set(looked_for):
        raise RefusedError(
            f"the autoscaler does not look for the tag {', '.join(remove)}",
            hint=f"It looks for {', '.join(looked_for) or 'no tag: it is given groups by name'}.",
        )


def _noting_managed(chosen: Choice, params: Params) -> Choice:
    if not params.remove:
        return chosen
    return chosen.noting(
        lambda group: bool(group.managed),
        "a managed node group: EKS may put the tag back with its next update.",
    )


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[TagState]]:
    """The tags as they are now; a group of that name with another ARN is another group."""
    found = groups.named(world.aws, [each.name for each in ids])
    return {each: _observed(found.get(each.name), each) for each in ids}


def _observed(group: Group | None, resource: ResourceId) -> Observed[TagState]:
    if group is None or group.arn != resource.incarnation:
        return Observed(ABSENT, gone=True)
    tag = group.tags.get(resource.part)
    state = ABSENT if tag is None else TagState(value=tag.value, propagate=tag.propagate)
    return Observed(
        state, evidence={"zones": group.zones, "desired": group.desired, "max": group.max}
    )


def desire(params: Params, resource: ResourceId, observed: Observed[TagState]) -> TagState | Absent:
    if observed.gone or resource.part in params.remove:
        return ABSENT
    value = params.add[resource.part]
    before = observed.state
    propagate = False if before is ABSENT else before.propagate
    return TagState(value=value, propagate=propagate)


def converge(call: Call, world: World, changes: Sequence[Change[TagState]]) -> Converged:
    """One call to set and one to delete, for tags of several groups each."""
    setting = [each for each in changes if each.after is not ABSENT]
    deleting = [each for each in changes if each.after is ABSENT]
    if setting:
        yield from _send(call, world, "create_or_update_tags", setting)
    if deleting:
        yield from _send(call, world, "delete_tags", deleting)


def _send(
    call: Call, world: World, operation: str, changes: Sequence[Change[TagState]]
) -> Iterator[tuple[ResourceId, Receipt]]:
    tags = [_tag(each) for each in changes]
    try:
        reply = world.aws.write(call, "autoscaling", operation, Tags=tags)
        answer = Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))
    except SopError as error:
        answer = receipt(error)
    if answer.kind is ReceiptKind.REJECTED and len(changes) > 1:
        for each in changes:  # one bad tag fails the whole call
            yield from _send(call, world, operation, [each])
        return
    for each in changes:
        yield each.resource, answer


def _tag(change: Change[TagState]) -> dict[str, Any]:
    tag: dict[str, Any] = {
        "ResourceId": change.resource.name,
        "ResourceType": "auto-scaling-group",
        "Key": change.resource.part,
    }
    if change.after is not ABSENT:
        tag |= {"Value": change.after.value, "PropagateAtLaunch": change.after.propagate}
    return tag


def look(
    world: World, params: Params, changes: Sequence[Change[TagState]], changed_at: datetime
) -> Seen:
    """Has every autoscaler written its status since, with or without the groups?"""
    seen = Seen(ok=True, detail="no autoscaler discovers groups by these tags")
    for each in world.facts.autoscalers():
        looked_for = {tag.key for tag in each.discovery}
        relevant = [change for change in changes if change.resource.part in looked_for]
        if relevant:
            seen = _look(world, each, relevant, changed_at)
        if not seen.ok:
            break
    return seen


def _look(
    world: World,
    autoscaler: Autoscaler,
    relevant: Sequence[Change[TagState]],
    changed_at: datetime,
) -> Seen:
    status = autoscaler_status.read(world.k8s, autoscaler)
    if late := autoscaler_status.late(status, changed_at):
        return Seen(ok=False, detail=late)
    assert status is not None
    return _compare(world, autoscaler, relevant, set(status.groups))


def _compare(
    world: World,
    autoscaler: Autoscaler,
    changes: Sequence[Change[TagState]],
    known: set[str],
) -> Seen:
    now = groups.named(world.aws, [each.resource.name for each in changes])
    removed = {each.resource.name for each in changes if each.after is ABSENT}
    wanted = {name for name in now if name not in removed and autoscaler.discovers(now[name])}
    if still := sorted(removed & known):
        return Seen(ok=False, detail=f"the autoscaler still knows {', '.join(still)}")
    if missing := sorted(wanted - known):
        return Seen(ok=False, detail=f"the autoscaler does not know {', '.join(missing)} yet")
    parts = [f"dropped {len(removed)}"] if removed else []
    parts += [f"took up {len(wanted)}"] if wanted else []
    return Seen(
        ok=True, detail=f"the autoscaler {' and '.join(parts) or 'knows nothing of the groups'}"
    )


def side_effects(
    world: World, params: Params, changes: Sequence[Change[TagState]]
) -> list[SideEffect]:
    """The nodes of a group that loses a tag of discovery are neither added nor removed any more."""
    looked_for = {tag.key for each in world.facts.autoscalers() for tag in each.discovery}
    leaving = {
        each.resource.name: each.before.evidence.get("desired")
        for each in changes
        if each.after is ABSENT and each.resource.part in looked_for
    }
    dropped = [
        SideEffect(aspect=Aspect.AUTOSCALER, subject=name, count=int(str(desired or 0)))
        for name, desired in leaving.items()
    ]
    return [*dropped, *kept.of_groups(world, params, changes)]


ACTION: Action[Params, TagState] = Action(
    id="aws.asg.tags",
    summary="Take Auto Scaling groups out of the cluster autoscaler, or set tags that it obeys.",
    kind=KIND,
    params=Params,
    state=TagState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(
        describe="the autoscaler dropped the groups, or took them up again",
        look=look,
        within=WITHIN,
    ),
    marker=MARKER,
    batch=BATCH,
    concurrency=2,
    settle=5.0,
    side_effects=side_effects,
    permissions=(
        *needs.of("groups"),
        "autoscaling:CreateOrUpdateTags k8s.io/cluster-autoscaler/*",
        "autoscaling:DeleteTags k8s.io/cluster-autoscaler/*",
        *asg_tag.PERMISSIONS,
        "k8s:get configmaps cluster-autoscaler-status",
    ),
    only_with={
        "select.zone": ("ec2:DescribeAvailabilityZones",),
    },
)
