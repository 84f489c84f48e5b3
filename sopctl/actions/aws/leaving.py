"""What taking instances out of their groups shares: which may go, and why the others stay.

Only an instance whose node takes no pods and has none left, but for those of DaemonSets, or whose
machine EC2 says has stopped. A silent node proves nothing by its silence, unless all of its pods
were told to go: then they have been made again elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import which_nodes
from sopctl.core.action import Call, Change, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import choice, groups, instances, needs
from sopctl.facts.choice import Choice
from sopctl.facts.groups import Group, Member
from sopctl.facts.objects import node, pod
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection
from sopctl.providers.receipts import receipt

KIND = "aws.instance"
BATCH = 20  # DetachInstances and EnterStandby take 20 instances
WINDOW = 100  # instances looked at at once: a look lists all pods
REBALANCE = "AZRebalance"
PERMISSIONS = (
    *needs.of("groups"),
    "ec2:DescribeInstances",
    "k8s:list nodes",
    "k8s:list pods",
)
NOTHING = Receipt(kind=ReceiptKind.DONE)
_PROTECTED = "they are protected from scale-in, which does not protect them here"
ONLY_WITH = {"zone": ("ec2:DescribeAvailabilityZones",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Instances of *zone* (name or id), of *group*, or of *nodes* by name; all that is given.

    *states*: lifecycle states that are taken out. *replace*: the group launches another for each,
    instead of wanting one less. *protected*: also those protected from scale-in.
    """

    zone: str = ""
    group: str = ""
    nodes: tuple[str, ...] = ()
    states: tuple[str, ...] = ("InService",)
    replace: bool = False
    protected: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """An instance that is in its group, in this *zone*, and was not told to go."""

    zone: str


def select(world: World, which: Which) -> Selection:
    """The instances that may go, with a note for those that stay.

    An id's incarnation is the ARN of its group, its part the group's name. RefusedError where
    nothing is given, or a name is not there.
    """
    nodes, _ = which_nodes.chosen(world, zone=which.zone, group=which.group, names=which.nodes)
    by_instance = {each.instance: each for each in nodes if each.instance}
    live = groups.named(world.aws, [each.name for each in world.facts.groups()])
    population = sum(len(each.instances) for each in live.values())
    meant = [g for g in live.values() if any(m.id in by_instance for m in g.instances)]
    found = _groups(world, which, meant)
    members = [
        (group, member)
        for group in found.groups
        for member in group.instances
        if member.id in by_instance and member.state in which.states
    ]
    why = dict(holding(world, [member.id for _, member in members]))
    if not which.protected:
        why |= {m.id: why.get(m.id) or _PROTECTED for _, m in members if m.protected}
    free = [(group, member) for group, member in members if not why.get(member.id)]
    stays = Counter(filter(None, (why.get(member.id) for _, member in members)))
    notes = [f"{count} instances are left: {reason}." for reason, count in sorted(stays.items())]
    kept = free if which.replace else list(_within_minimum(free, notes))
    ids = (ResourceId(KIND, member.id, group.arn, group.name) for group, member in kept)
    return Selection(tuple(ids), population, (*found.notes, *notes))


def _groups(world: World, which: Which, meant: Sequence[Group]) -> Choice:
    """Those of *meant* that can be made smaller without launching where nothing should be."""
    found = choice.unmanaged(
        choice.changeable(Choice(tuple(sorted(meant, key=lambda group: group.name)))),
        "which instances go",
    )
    if which.replace:
        zone = world.facts.zone(which.zone).name if which.zone else ""
        return found.without(
            lambda group: zone in group.zones,
            f"left alone, because it would launch what it replaces in {zone}; take the zone's "
            "subnet out first.",
        )
    return found.without(
        lambda group: len(group.zones) > 1 and REBALANCE not in group.suspended,
        f"left alone, because it would launch and terminate to be balanced; suspend {REBALANCE} "
        "first.",
    )


def _within_minimum(
    free: Sequence[tuple[Group, Member]], notes: list[str]
) -> Iterator[tuple[Group, Member]]:
    """As many of each group as its minimum lets go; *notes* gets a sentence about the others."""
    taken, kept = Counter[str](), Counter[str]()
    for group, member in free:
        wanted_less = member.state == "InService"  # what stands by is not wanted any more
        if wanted_less and taken[group.name] >= group.desired - group.min:
            kept[group.name] += 1
            continue
        taken[group.name] += wanted_less
        yield group, member
    smallest = {group.name: group.min for group, _ in free}
    for name, count in sorted(kept.items()):
        notes.append(
            f"{name}: {count} instances are left, because its minimum is {smallest[name]}; "
            "lower it first."
        )


def holding(world: World, ids: Collection[str]) -> Mapping[str, str]:
    """Why each of these instances has to stay, as things are now; what may go has no reason."""
    wanted = frozenset(ids)
    if not wanted:
        return {}
    nodes = {
        each.instance: each
        for each in world.k8s.each(collection("k8s.node"), node.read)
        if each.instance in wanted
    }
    names = {each.name for each in nodes.values()}
    pods: dict[str, list[Pod]] = {name: [] for name in names}
    for each in world.k8s.each(collection("k8s.pod"), pod.read):
        if each.node in names:
            pods[each.node].append(each)
    said = {each: _busy(nodes.get(each), pods) for each in wanted}
    doubted = sorted(each for each, why in said.items() if why)
    states = instances.states(world.aws, doubted) if doubted else {}
    return {e: why for e, why in said.items() if why and states.get(e) not in instances.STOPPED}


def _busy(found: Node | None, pods: Mapping[str, Sequence[Pod]]) -> str:
    if found is None:
        return "they have no node, so that nothing says what runs on them"
    if not found.unschedulable:
        return "their nodes take new pods; cordon them first"
    if any(_runs(each, found) for each in pods[found.name]):
        return "pods still run on their nodes; drain them first"
    return ""


def _runs(each: Pod, where: Node) -> bool:
    told = each.terminating and not where.ready
    return not (each.daemon or each.mirror or each.finished or told)


def member_of(
    world: World, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, tuple[Group, Member] | None]:
    """Each instance with its group; None once it has left, or is on its way out."""
    found = groups.named(world.aws, [each.part for each in ids])
    known = {
        (group.arn, member.id): (group, member)
        for group in found.values()
        for member in group.instances
        if not member.leaving
    }
    return {each: known.get((each.incarnation, each.name)) for each in ids}


def by_group(resources: Iterable[ResourceId]) -> Mapping[str, list[ResourceId]]:
    """Instances under the names of their groups, which calls are made for."""
    found: dict[str, list[ResourceId]] = {}
    for each in resources:
        found.setdefault(each.part, []).append(each)
    return found


def send(
    call: Call, world: World, operation: str, resources: Sequence[ResourceId], **more: object
) -> Iterator[tuple[ResourceId, Receipt]]:
    """One call for the instances of one group; one for each if it is refused for one of them."""
    answer = _send(call, world, operation, resources, **more)
    if answer.kind is ReceiptKind.REJECTED and len(resources) > 1:
        for each in resources:
            yield each, _send(call, world, operation, [each], **more)
        return
    yield from ((each, answer) for each in resources)


def _send(
    call: Call, world: World, operation: str, resources: Sequence[ResourceId], **more: object
) -> Receipt:
    try:
        reply = world.aws.write(
            call,
            "autoscaling",
            operation,
            AutoScalingGroupName=resources[0].part,
            InstanceIds=[each.name for each in resources],
            **more,
        )
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


def present(
    world: World, ids: Sequence[ResourceId], evidence: Mapping[str, Json]
) -> Mapping[ResourceId, Observed[Present]]:
    """Whether each is in its group; absent, not gone: absence is what is desired."""
    why = holding(world, [each.name for each in ids])
    return {
        each: Observed(ABSENT)
        if found is None
        else Observed(
            Present(zone=found[1].zone), evidence={**evidence, "stays": why.get(each.name, "")}
        )
        for each, found in member_of(world, ids).items()
    }


def absence(observed: Observed[Present]) -> Present | Absent:
    """What is desired; an instance whose node is in use again stays."""
    return observed.state if observed.evidence.get("stays") else ABSENT


def checked(
    world: World, changes: Sequence[Change[Present]], no_way_back: str
) -> Generator[tuple[ResourceId, Receipt], None, list[Change[Present]]]:
    """Those of *changes* that may be made as things are right now; receipts for the others."""
    out = []
    for each in changes:
        if each.before.state == each.after:
            yield each.resource, NOTHING
        elif each.after is not ABSENT:
            yield each.resource, Receipt(kind=ReceiptKind.REJECTED, why=no_way_back)
        else:
            out.append(each)
    free = yield from empty(world, [each.resource for each in out])
    return [each for each in out if each.resource in free]


def empty(
    world: World, ids: Sequence[ResourceId]
) -> Generator[tuple[ResourceId, Receipt], None, list[ResourceId]]:
    """Those of *ids* that may go as things are right now; receipts for the others."""
    try:
        why = holding(world, [each.name for each in ids])
    except SopError as error:
        yield from ((each, receipt(error)) for each in ids)
        return []
    for each in ids:
        if said := why.get(each.name):
            yield each, Receipt(kind=ReceiptKind.REJECTED, why=f"it has to stay: {said}")
    return [each for each in ids if each.name not in why]
