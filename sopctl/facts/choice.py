"""Choosing Auto Scaling groups, and saying in the plan what was left out and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.errors import RefusedError
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.groups import Group
from sopctl.facts.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which groups: all of the cluster, or those for which everything that is given holds.

    *zone*: in that zone (name or id) and nowhere else; with *multi_zone* in it (empty: in any) and
    elsewhere too; with *outside* not in it at all. *buys*: spot, on_demand or mixed. *groups*: by
    name.
    """

    zone: str = ""
    multi_zone: bool = False
    outside: bool = False
    buys: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Groups still in, and sentences about those that are out."""

    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()

    def without(self, out: Callable[[Group], bool], why: str) -> Choice:
        """Leave out what *out* says; *why* goes on from "web-a, web-b: "."""
        gone = [each for each in self.groups if out(each)]
        kept = tuple(each for each in self.groups if not out(each))
        return Choice(kept, (*self.notes, *said(gone, why)))

    def noting(self, about: Callable[[Group], bool], what: str) -> Choice:
        """Keep all, and say *what* of those that *about* picks."""
        return Choice(self.groups, (*self.notes, *said(filter(about, self.groups), what)))


def chosen(facts: Snapshot, where: Where) -> Choice:
    """The groups that *where* means, but for those that only their operator may change.

    Raises RefusedError for a name, a zone or a way to buy that there is not.
    """
    if where.buys not in _BUYS:
        ways = ", ".join(filter(None, _BUYS))
        raise RefusedError(f"no group buys {where.buys!r}", hint=f"Groups buy {ways}.")
    found = changeable(by_name(facts.groups(), where.groups))
    zone = facts.zone(where.zone).name if where.zone else ""
    if where.outside:
        found = Choice(tuple(e for e in found.groups if zone not in e.zones), found.notes)
    elif where.multi_zone:
        found = multi_zone(found, zone)
    elif zone:
        found = single_zone(found, zone)
    return Choice(tuple(filter(_BUYS[where.buys], found.groups)), found.notes)


_BUYS: Mapping[str, Callable[[Group], bool]] = {
    "": lambda _: True,
    "spot": lambda group: group.spot,
    "on_demand": lambda group: group.on_demand,
    "mixed": lambda group: group.mixed,
}


def unmanaged(choice: Choice, what: str) -> Choice:
    """Without those whose *what* EKS owns: changing it past EKS degrades the node group."""
    return choice.without(
        lambda group: bool(group.managed), f"left alone, because EKS owns {what} of a node group."
    )


def said(groups: Iterable[Group], what: str) -> tuple[str, ...]:
    """One sentence about several groups, or none."""
    names = ", ".join(each.name for each in groups)
    return (f"{names}: {what}",) if names else ()


def by_name(population: Sequence[Group], names: Sequence[str]) -> Choice:
    """All groups, or those called *names*; RefusedError for a name that is not there."""
    if not names:
        return Choice(tuple(population))
    known = {each.name: each for each in population}
    if missing := [name for name in names if name not in known]:
        raise RefusedError(
            f"this cluster has no Auto Scaling group {', '.join(missing)}",
            hint=f"Its groups are {', '.join(sorted(known))}.",
        )
    return Choice(tuple(known[name] for name in names))


def single_zone(choice: Choice, zone: str) -> Choice:
    """The groups that are in *zone* and nowhere else; groups that are there too are noted."""
    touching = Choice(tuple(each for each in choice.groups if zone in each.zones), choice.notes)
    return touching.without(
        lambda group: len(group.zones) > 1,
        f"left alone, because it is in other zones than {zone} too; take the zone's subnet out, "
        "or shift the zone away.",
    )


def multi_zone(choice: Choice, zone: str) -> Choice:
    """The groups that are in *zone* (empty: in any) and elsewhere too."""
    spanning = (each for each in choice.groups if len(each.zones) > 1)
    return Choice(tuple(each for each in spanning if not zone or zone in each.zones), choice.notes)


def changeable(choice: Choice) -> Choice:
    """Without the groups that only their operator may change."""
    return choice.without(
        lambda group: bool(group.operator), "left alone, because an AWS service operates it."
    )


def droppable(choice: Choice, autoscalers: Sequence[Autoscaler]) -> Choice:
    """The groups that an autoscaler discovers by tags; groups named to one are noted."""
    explicit = {name for each in autoscalers for name in each.explicit}
    named = choice.without(
        lambda group: group.name in explicit,
        "left alone, because the autoscaler is given it by name (--nodes), whatever its tags and "
        "its maximum say.",
    )
    found = (g for g in named.groups if any(each.discovers(g) for each in autoscalers))
    return Choice(tuple(found), named.notes)
