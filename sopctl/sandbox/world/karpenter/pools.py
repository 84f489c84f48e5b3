"""What a NodePool says: what it may launch, how much, and what may be disrupted.

Source: karpenter.sh, "NodePools" and "Disruption"; kubernetes-sigs/karpenter, pkg/apis/v1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sopctl.notation import duration
from sopctl.sandbox.world.machines.shapes import shape
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import LaunchOrder, Obj
from sopctl.sandbox.world.view import View

RESOURCE, CLAIMS = "nodepools.karpenter.sh", "nodeclaims.karpenter.sh"
NODEPOOL, CAPACITY_TYPE = "karpenter.sh/nodepool", "karpenter.sh/capacity-type"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
AUTO_MODE = "eks.amazonaws.com"  # the group of its node classes
MARKETS = ("spot", "on-demand")  # the cheaper first
TYPES = ("m5.large", "m5.xlarge", "m5.2xlarge")  # where a pool leaves it open, the smallest first
NEVER = "Never"
_DEFAULT_BUDGETS: tuple[Obj, ...] = ({"nodes": "10%"},)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A NodePool. *cpus* is its limit, None for none; *after* is None for never."""

    obj: Obj
    name: str
    weight: int
    cpus: float | None
    requirements: tuple[Obj, ...]
    labels: Mapping[str, str]
    taints: tuple[Obj, ...]
    budgets: tuple[Obj, ...]
    after: timedelta | None
    auto: bool = False  # of EKS Auto Mode

    def admits(self, labels: Mapping[str, str]) -> bool:
        """Whether a node with these labels is one that the pool would launch now."""
        return all(_holds(each, labels.get(each["key"])) for each in self.requirements)

    def offers(self, zones: Iterable[str]) -> list[LaunchOrder]:
        """What it may launch in *zones*, the cheapest first."""
        found = [
            LaunchOrder(zone=zone, type=kind, market=market)  # type: ignore[arg-type]  # one of MARKETS
            for market in MARKETS
            for kind in self._types()
            for zone in zones
        ]
        return [each for each in found if self.admits(labels_of(each))]

    def _types(self) -> Sequence[str]:
        named = [
            e for e in self.requirements if e["key"] == INSTANCE_TYPE and e["operator"] == "In"
        ]
        wanted = named[0].get("values") or () if named else TYPES
        return sorted(wanted, key=lambda name: (shape(name).cpus, shape(name).gib, name))

    def allowed(self, reason: str, total: int) -> int:
        """How many nodes may be disrupted for *reason* at a time: the least that a budget says.

        Simplified: budgets with a schedule count as out of force.
        """
        found = [
            _number(str(each.get("nodes", "10%")), total)
            for each in self.budgets
            if not each.get("schedule") and reason in (each.get("reasons") or (reason,))
        ]
        return min(found, default=total)


def pools(view: View) -> list[Pool]:
    """The NodePools, the heaviest first."""
    found = [_pool(obj) for obj in view.all(RESOURCE) if "deletionTimestamp" not in obj["metadata"]]
    return sorted(found, key=lambda pool: (-pool.weight, pool.name))


def labels_of(order: LaunchOrder) -> dict[str, str]:
    """The labels of a node that is launched as *order* says, as far as requirements know them."""
    return {
        ZONE: order.zone,
        INSTANCE_TYPE: order.type,
        CAPACITY_TYPE: order.market,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
    }


def _pool(obj: Obj) -> Pool:
    spec = obj["spec"]
    template = spec.get("template") or {}
    inner = template.get("spec") or {}
    requirements = tuple(inner.get("requirements") or ())
    if not any(each["key"] == CAPACITY_TYPE for each in requirements):
        plain = {"key": CAPACITY_TYPE, "operator": "In", "values": ["on-demand"]}
        requirements = (*requirements, plain)
    disruption = spec.get("disruption") or {}
    budgets = disruption.get("budgets")
    limit = (spec.get("limits") or {}).get("cpu")
    return Pool(
        obj=obj,
        name=str(obj["metadata"]["name"]),
        weight=int(spec.get("weight") or 0),
        cpus=None if limit is None else _cpus(str(limit)),
        requirements=requirements,
        labels=(template.get("metadata") or {}).get("labels") or {},
        taints=tuple(inner.get("taints") or ()),
        budgets=_DEFAULT_BUDGETS if budgets is None else tuple(budgets),
        auto=(inner.get("nodeClassRef") or {}).get("group") == AUTO_MODE,
        after=_after(str(disruption.get("consolidateAfter", "0s"))),
    )


def _cpus(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _after(text: str) -> timedelta | None:
    if text == NEVER:
        return None
    try:
        return timedelta(seconds=duration.seconds(text))
    except ValueError:
        return timedelta(0)


def _number(text: str, total: int) -> int:
    """A number, or a percentage rounded up (``GetScaledValueFromIntOrPercent``)."""
    if text.endswith("%"):
        return math.ceil(total * int(text[:-1]) / 100)
    return int(text)


def _holds(requirement: Obj, value: str | None) -> bool:
    values = requirement.get("values") or ()
    match requirement["operator"]:
        case "In":
            return value is None or value in values
        case "NotIn":
            return value not in values
        case "DoesNotExist":
            return value is None
        case _:
            return True
