"""Side effects that several actions have, from facts and the evidence of their changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from sopctl.core.action import AnyChange
from sopctl.core.resource import ABSENT
from sopctl.core.side_effect import Aspect, SideEffect
from sopctl.facts import room
from sopctl.facts.groups import Group
from sopctl.facts.room import Room
from sopctl.facts.world import World

_STACK = "aws:cloudformation:stack-name"
_SAID = ("managed-by", "managed_by", "managedby", "provisioner", "iac")
_GIB = Decimal(2**30)


def of_groups(world: World, _params: object, changes: Sequence[AnyChange]) -> list[SideEffect]:
    """Who keeps the groups as code, and writes its own version back with its next apply."""
    names = {each.resource.name for each in changes}
    kept = ((each.name, keeper(each)) for each in world.facts.groups() if each.name in names)
    return [_reverter(name, who) for name, who in kept if who]


def keeper(group: Group) -> str:
    """The tool whose tags say that it keeps *group*, or empty.

    CloudFormation tags what it makes (its user guide, "Resource tags"); Terraform does not, but
    most people have it do so (``default_tags``); EKS restores the groups of its node groups.
    """
    tags = {key.lower(): tag.value for key, tag in group.tags.items()}
    if group.managed:
        return "EKS"
    if stack := tags.get(_STACK):
        return f"CloudFormation (stack {stack})"
    said = next((tags[key] for key in _SAID if key in tags), "")
    if "terraform" in tags or "terraform" in said.lower():
        return "Terraform"
    return ""


def of_workloads(world: World, _params: object, changes: Sequence[AnyChange]) -> list[SideEffect]:
    """Rewritten workloads restart their pods; and their keepers may write them back."""
    kinds = {"k8s.deployment": "Deployment", "k8s.statefulset": "StatefulSet"}
    wanted = {(kinds.get(c.resource.kind), c.resource.name) for c in changes}
    found = [
        each
        for each in world.facts.workloads()
        if (each.kind, f"{each.namespace}/{each.name}") in wanted
    ]
    names = [f"{each.namespace}/{each.name}" for each in found]
    restarts = [
        SideEffect(aspect=Aspect.RESTARTS, subject=name, count=each.replicas)
        for name, each in zip(names, found, strict=True)
    ]
    reverts = [
        _reverter(name, each.managed_by)
        for name, each in zip(names, found, strict=True)
        if each.managed_by
    ]
    return [*restarts, *reverts]


def of_evictions(world: World, _params: object, changes: Sequence[AnyChange]) -> list[SideEffect]:
    """Evicted pods restart elsewhere, as far as their budgets allow (``disruptionsAllowed``)."""
    going = [each for each in changes if each.after is ABSENT]
    owners = Counter(_owner(each) for each in going)
    restarts = [
        SideEffect(aspect=Aspect.RESTARTS, subject=name, count=count)
        for name, count in sorted(owners.items())
    ]
    return [*restarts, *_budgets(world, going)]


def _owner(change: AnyChange) -> str:
    owner = change.before.evidence.get("owner")
    namespace = change.resource.name.partition("/")[0]
    return f"{namespace}/{owner['name']}" if isinstance(owner, dict) else change.resource.name


def _budgets(world: World, going: Sequence[AnyChange]) -> Iterator[SideEffect]:
    asked: Counter[str] = Counter()
    for each in going:
        names = each.before.evidence.get("budgets")
        asked.update(map(str, names) if isinstance(names, list | tuple) else ())
    allowed = {each.full_name: each.allowed for each in world.facts.pdbs()} if asked else {}
    for name, count in sorted(asked.items()):
        now = allowed.get(name, 0)
        if count > now:
            says = f"allows {now} of {count} evictions now"
            yield SideEffect(
                aspect=Aspect.BUDGET, subject=name, count=count - now, says=says, bad=not now
            )


def of_cordons(world: World, _params: object, changes: Sequence[AnyChange]) -> list[SideEffect]:
    """What the other nodes have room for, of what runs on the nodes that take no more."""
    leaving = {each.resource.name for each in changes if each.after is not ABSENT}
    pods, nodes = world.facts.pods(), world.facts.nodes()
    return [_left(each) for each in room.by_class(pods, nodes, leaving)]


def _left(found: Room) -> SideEffect:
    amounts = [
        f"{_shown(name, found.free.get(name, Decimal(0)))} of the"
        f" {_shown(name, found.need.get(name, Decimal(0)))} {name} needed"
        for name in (found.short or room.RESOURCES[:1])
    ]
    return SideEffect(
        aspect=Aspect.CAPACITY,
        subject=f"for {found.name}",
        count=found.pods,
        says=f"the other nodes have {', '.join(amounts)}, before anything grows",
        bad=bool(found.short),
    )


def _shown(name: str, amount: Decimal) -> str:
    if name == "memory":
        return f"{amount / _GIB:.1f} GiB"
    return f"{amount:.0f}" if name == "pods" else f"{amount:.1f}"


def _reverter(name: str, who: str) -> SideEffect:
    says = f"kept by {who}, which may write its own version back"
    return SideEffect(aspect=Aspect.REVERTS, subject=name, count=1, says=says)
