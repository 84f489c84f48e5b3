"""Karpenter's NodePools: which there are, what they buy, and whether they are held still."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sopctl.core.codec import Json
from sopctl.core.errors import NotFoundError, RefusedError
from sopctl.core.resource import ResourceId
from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection

KIND = "k8s.nodepool"
BUDGETS = ("spec", "disruption", "budgets")
CAPACITY_TYPE = "karpenter.sh/capacity-type"
PERMISSIONS = (
    "k8s:list nodepools.karpenter.sh",
    "k8s:get nodepools.karpenter.sh",
    "k8s:patch nodepools.karpenter.sh",
)
_AUTO_MODE = ("general-purpose", "system")  # EKS owns them and puts back what is changed
_AUTO_CLASS = "eks.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePool:
    """*requirements* are as the API has them, *buys* the capacity types that they allow."""

    name: str
    uid: str
    keeper: str
    builtin: bool
    requirements: tuple[Mapping[str, Any], ...]
    buys: frozenset[str]

    @property
    def spot(self) -> bool:
        """Buys nothing but spot."""
        return self.buys == {"spot"}


def read(obj: Obj) -> NodePool:
    """One NodePool; without a requirement Karpenter buys on demand."""
    template = ((obj.get("spec") or {}).get("template") or {}).get("spec") or {}
    requirements = tuple(template.get("requirements") or ())
    group = (template.get("nodeClassRef") or {}).get("group", "")
    name = str(obj["metadata"]["name"])
    return NodePool(
        name=name,
        uid=meta.uid(obj),
        keeper=meta.keeper(obj),
        builtin=group == _AUTO_CLASS and name in _AUTO_MODE,
        requirements=requirements,
        buys=_buys(requirements),
    )


def _buys(requirements: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    known = {"on-demand", "spot", "reserved"}
    said = [each for each in requirements if each.get("key") == CAPACITY_TYPE]
    if not said:
        return frozenset({"on-demand"})
    for each in said:
        values = set(each.get("values") or ())
        known &= values if each.get("operator") == "In" else known - values
    return frozenset(known)


def chosen(world: World, names: Sequence[str]) -> tuple[tuple[NodePool, ...], int, tuple[str, ...]]:
    """The NodePools called *names*, or all; how many there are; and remarks.

    Without Karpenter there are none. RefusedError for a name that is not there.
    """
    try:
        found = world.k8s.each(collection(KIND), read)
    except NotFoundError:
        found = []
    known = {each.name for each in found}
    if missing := sorted(set(names) - known):
        raise RefusedError(
            f"there is no NodePool {', '.join(missing)}",
            hint=f"There are {', '.join(sorted(known))}." if known else "Karpenter is not here.",
        )
    ours = tuple(each for each in found if not names or each.name in names)
    kept = tuple(each for each in ours if not each.builtin)
    notes = [f"{e.name}: left alone, because EKS Auto Mode owns it." for e in ours if e.builtin]
    notes += [
        f"{each.name} is kept by {each.keeper}, which may write its own version back."
        for each in kept
        if each.keeper
    ]
    return kept, len(found), tuple(notes)


def ids(found: Iterable[NodePool], path: tuple[str, ...]) -> tuple[ResourceId, ...]:
    """The member at *path* of each."""
    return tuple(ResourceId(KIND, each.name, each.uid, ".".join(path)) for each in found)


def frozen(budgets: Json) -> bool:
    """Whether *budgets* allow no disruption, for any reason, at any time.

    The least of those in force counts. Source: pkg/apis/v1/nodepool.go, GetAllowedDisruptions.
    """
    if not isinstance(budgets, Sequence):
        return False
    return any(
        isinstance(each, Mapping)
        and str(each.get("nodes")) in ("0", "0%")
        and not each.get("reasons")
        and not each.get("schedule")
        for each in budgets
    )
