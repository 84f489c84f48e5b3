"""``ready.karpenter``: Karpenter hears of interruptions, follows shifts, and can buy on demand.

Source: karpenter.sh, "Settings" (INTERRUPTION_QUEUE, ENABLE_ZONAL_SHIFT), "NodePools" (disruption
budgets, consolidateAfter), "Interruption".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.core.errors import NotFoundError
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World

_POOLS = "/apis/karpenter.sh/v1/nodepools"
_TYPE = "karpenter.sh/capacity-type"
_AUTO = "eks.amazonaws.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    """EKS runs the controller of Auto Mode: of it only the NodePools are looked at."""
    try:
        pools = world.k8s.list(_POOLS)
    except NotFoundError:
        pools = []
    own = [each for each in pools if _class_group(each) != _AUTO]
    rows = (
        *(_of_controller(world) if own else ()),
        *_of_pools(own),
        *(row for each in own for row in _of_pool(each)),
    )
    detail = f"{len(pools)} NodePools"
    detail += (
        f", {len(rows)} settings are not as they should be" if rows else ", all as they should be"
    )
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(pools))


def _of_controller(world: World) -> Iterator[str]:
    containers = [
        one
        for each in world.facts.templates()
        for one in each.spec.get("containers") or ()
        if _is_karpenter(str(one.get("image", "")))
    ]
    if not containers:
        yield "no Deployment runs Karpenter here: its settings cannot be seen"
        return
    settings = _settings(containers[0])
    if not settings.get("INTERRUPTION_QUEUE"):
        yield "Karpenter listens to no queue (INTERRUPTION_QUEUE): interruptions come as a surprise"
    if settings.get("ENABLE_ZONAL_SHIFT", "").lower() != "true":
        yield "Karpenter does not follow zonal shifts (ENABLE_ZONAL_SHIFT)"


def _is_karpenter(image: str) -> bool:
    """Such as public.ecr.aws/karpenter/controller:1.14.0, with or without a digest."""
    return "karpenter/controller" in image


def _settings(container: Mapping[str, Any]) -> Mapping[str, str]:
    """What it is told by its environment, or by flags of the same name."""
    found = {each["name"]: str(each.get("value") or "") for each in container.get("env") or ()}
    for word in (*(container.get("command") or ()), *(container.get("args") or ())):
        flag, _, value = str(word).lstrip("-").partition("=")
        found[flag.upper().replace("-", "_")] = value or "true"
    return found


def _of_pools(pools: Sequence[Obj]) -> Iterator[str]:
    if pools and not any("on-demand" in _buys(each) for each in pools):
        yield "no NodePool buys on demand: without spot nothing is bought"


def _of_pool(pool: Obj) -> Iterator[str]:
    name, disruption = pool["metadata"]["name"], (pool.get("spec") or {}).get("disruption") or {}
    if "budgets" not in disruption:
        yield f"NodePool {name} has no budgets of its own (a tenth of its nodes at once)"
    if disruption.get("consolidateAfter") == "0s":
        yield f"NodePool {name} removes nodes at once (consolidateAfter: 0s)"


def _class_group(pool: Obj) -> str:
    reference = _node_spec(pool).get("nodeClassRef") or {}
    return str(reference.get("group", ""))


def _buys(pool: Obj) -> set[str]:
    """Without a requirement Karpenter buys on demand."""
    said = [each for each in _node_spec(pool).get("requirements") or () if each["key"] == _TYPE]
    kinds = {"on-demand", "spot", "reserved"} if said else {"on-demand"}
    for each in said:
        values = set(each.get("values") or ())
        kinds = kinds & values if each.get("operator") == "In" else kinds - values
    return kinds


def _node_spec(pool: Obj) -> Mapping[str, Any]:
    spec: Mapping[str, Any] = ((pool.get("spec") or {}).get("template") or {}).get("spec") or {}
    return spec


CHECK: Check[Params] = Check(
    id="ready.karpenter",
    summary="Karpenter hears of interruptions, follows shifts, and can buy on demand.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodepools.karpenter.sh",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
    ),
    readiness=Readiness(
        row="KP1",
        severity=Severity.WARNING,
        why="Without these it learns of a loss when it has happened, or buys in the lost zone.",
        fix="Set INTERRUPTION_QUEUE, ENABLE_ZONAL_SHIFT=true, budgets; have a NodePool on demand.",
    ),
)
