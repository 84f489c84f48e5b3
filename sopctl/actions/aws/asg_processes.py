"""``aws.asg.processes``: suspend processes of groups, and resume only those we suspended.

Traps. Suspending ``Launch`` is not a pause: the autoscaler goes on raising the wish and waits
for instances, ``ReplaceUnhealthy`` goes on terminating, and on resume the whole backlog starts.
``AZRebalance`` of a managed node group may be suspended by EKS for a zonal shift: then it is
found suspended, and is not ours to resume.
Source: EC2 Auto Scaling User Guide, "Suspend and resume processes".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.errors import RefusedError, SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import choice, groups, needs, side_effects
from sopctl.facts.choice import Choice
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.marks import asg_tag
from sopctl.marks.asg_tag import MARKER
from sopctl.providers.receipts import receipt

KIND = "aws.asg"
PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """Groups of *zone* alone, or with *multi_zone* those that are elsewhere too; or by name."""

    zone: str = ""
    multi_zone: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*suspend*: names of processes, such as AZRebalance."""

    select: Select = field(default_factory=Select)
    suspend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """Whether the process of the group is suspended, by whomever."""

    suspended: bool


def select(world: World, params: Params) -> Selection:
    """(group, process) for every chosen group, suspended already or not."""
    for name in params.suspend:
        _check_process(name)
    population = world.facts.groups()
    chosen = choice.changeable(choice.by_name(population, params.select.groups))
    chosen = _placed(world, chosen, params.select)
    if "Launch" in params.suspend:
        chosen = chosen.noting(
            lambda group: any(each.scales(group) for each in world.facts.autoscalers()),
            "the autoscaler will go on asking for instances that cannot launch; "
            "take the group out of it first.",
        )
    ids = [
        ResourceId(KIND, group.name, group.arn, process)
        for group in chosen.groups
        for process in params.suspend
    ]
    return Selection(tuple(ids), len(population), chosen.notes)


def _check_process(name: str) -> None:
    if name not in PROCESSES:
        close = get_close_matches(name, PROCESSES, n=1)
        meant = f"Did you mean {close[0]}? " if close else ""
        raise RefusedError(
            f"Auto Scaling has no process {name!r}", hint=f"{meant}It has {', '.join(PROCESSES)}."
        )


def _placed(world: World, chosen: Choice, wanted: Select) -> Choice:
    zone = world.facts.zone(wanted.zone).name if wanted.zone else ""
    if wanted.multi_zone:
        return choice.multi_zone(chosen, zone)
    return choice.single_zone(chosen, zone) if zone else chosen


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[ProcessState]]:
    found = groups.named(world.aws, [each.name for each in ids])
    return {each: _observed(found.get(each.name), each) for each in ids}


def _observed(group: Group | None, resource: ResourceId) -> Observed[ProcessState]:
    if group is None or group.arn != resource.incarnation:
        return Observed(ABSENT, gone=True)
    reason = group.suspended.get(resource.part)
    return Observed(
        ProcessState(suspended=reason is not None),
        evidence={"reason": reason or "", "zones": group.zones},
    )


def desire(
    params: Params, resource: ResourceId, observed: Observed[ProcessState]
) -> ProcessState | Absent:
    return ABSENT if observed.gone else ProcessState(suspended=True)


def converge(call: Call, world: World, changes: Sequence[Change[ProcessState]]) -> Converged:
    """One call for each group and direction."""
    sorted_out: dict[tuple[str, str], list[ResourceId]] = defaultdict(list)
    for each in changes:
        assert each.after is not ABSENT, "a process is there as long as its group is"
        operation = "suspend_processes" if each.after.suspended else "resume_processes"
        sorted_out[operation, each.resource.name].append(each.resource)
    for (operation, group), resources in sorted_out.items():
        answer = _send(call, world, operation, group, [each.part for each in resources])
        yield from ((each, answer) for each in resources)


def _send(
    call: Call, world: World, operation: str, group: str, processes: Sequence[str]
) -> Receipt:
    try:
        reply = world.aws.write(
            call,
            "autoscaling",
            operation,
            AutoScalingGroupName=group,
            ScalingProcesses=list(processes),
        )
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


ACTION: Action[Params, ProcessState] = Action(
    id="aws.asg.processes",
    summary="Suspend processes of Auto Scaling groups, such as AZRebalance.",
    kind=KIND,
    params=Params,
    state=ProcessState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    marker=MARKER,
    batch=20,
    concurrency=2,
    settle=5.0,
    side_effects=side_effects.of_groups,
    permissions=(
        *needs.of("groups"),
        "autoscaling:SuspendProcesses",
        "autoscaling:ResumeProcesses",
        *asg_tag.PERMISSIONS,
    ),
    only_with={
        "select.zone": ("ec2:DescribeAvailabilityZones",),
    },
)
