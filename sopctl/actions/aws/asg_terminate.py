"""``aws.asg.terminate``: terminate instances of empty nodes, through their group.

Through the group, so that its lifecycle hooks run and its wish is lowered with it. The trap: with
*replace* the group launches another at once, in a failed zone too, so that a group that can still
launch there is left alone. Protection from scale-in does not protect from this call; instances that
have it are left unless *protected* says otherwise. Nothing brings a terminated instance back, or
what was on its disks: the plan needs consent, and the nodes are looked at again right before.
Source: Auto Scaling API reference, TerminateInstanceInAutoScalingGroup; EC2 Auto Scaling User
Guide, "Amazon EC2 Auto Scaling lifecycle hooks", "Use instance scale-in protection".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sopctl.actions.aws import leaving
from sopctl.actions.aws.leaving import Present, Which
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind, Undo
from sopctl.core.errors import SopError
from sopctl.core.resource import Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.providers.receipts import receipt

TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Instances of *zone* (name or id), of *group*, or of *nodes* by name; all that is given.

    *replace*: the group launches another for each; without, it wants one less for each.
    *protected*: also those that are protected from scale-in.
    """

    zone: str = ""
    group: str = ""
    nodes: tuple[str, ...] = ()
    replace: bool = False
    protected: bool = False


def consent(params: Params) -> str:
    """Why a person has to agree."""
    return "terminated instances do not come back, nor what is on their disks"


def select(world: World, params: Params) -> Selection:
    which = Which(
        zone=params.zone,
        group=params.group,
        nodes=params.nodes,
        replace=params.replace,
        protected=params.protected,
    )
    found = leaving.select(world, which)
    hooks = _hooks(world, sorted({each.part for each in found.ids}))
    return replace(found, notes=(*found.notes, *hooks))


def _hooks(world: World, groups: Sequence[str]) -> Iterator[str]:
    """What the instances wait for on their way out."""
    for name in groups:
        reply = world.aws.read("autoscaling", "describe_lifecycle_hooks", AutoScalingGroupName=name)
        for hook in reply["LifecycleHooks"]:
            if hook["LifecycleTransition"] == TERMINATING:
                yield (
                    f"{name}: its instances wait for the hook {hook['LifecycleHookName']} on their "
                    f"way out, {hook['HeartbeatTimeout']} seconds unless somebody answers."
                )


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Present]]:
    return leaving.present(world, ids, {"replace": params.replace})


def desire(params: Params, resource: ResourceId, observed: Observed[Present]) -> Present | Absent:
    return leaving.absence(observed)


def converge(call: Call, world: World, changes: Sequence[Change[Present]]) -> Converged:
    """One call for each instance, which is all that the API takes everywhere."""
    free = yield from leaving.checked(world, changes, "a terminated instance does not come back")
    for each in free:
        yield each.resource, _terminate(call, world, each)


def _terminate(call: Call, world: World, change: Change[Present]) -> Receipt:
    try:
        reply = world.aws.write(
            call,
            "autoscaling",
            "terminate_instance_in_auto_scaling_group",
            InstanceId=change.resource.name,
            ShouldDecrementDesiredCapacity=not change.before.evidence["replace"],
        )
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


ACTION: Action[Params, Present] = Action(
    id="aws.asg.terminate",
    summary="Terminate instances of empty nodes through their Auto Scaling group.",
    kind=leaving.KIND,
    params=Params,
    state=Present,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    consent=consent,
    undo=Undo.NONE,
    disruptive=True,
    batch=leaving.BATCH,
    concurrency=1,
    window=leaving.WINDOW,
    settle=5.0,
    permissions=(
        *leaving.PERMISSIONS,
        "autoscaling:DescribeLifecycleHooks",
        "autoscaling:TerminateInstanceInAutoScalingGroup",
    ),
    only_with=leaving.ONLY_WITH,
)
