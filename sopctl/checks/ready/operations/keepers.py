"""``ready.keepers``: nobody else writes back what runbooks write.

Argo CD and Flux put back what they keep within minutes, Terraform and CloudFormation with their
next apply. Whether they were told to leave a field alone cannot be seen from here.
Source: argo-cd.readthedocs.io, "Automated Sync Policy" and "Diffing Customization"; Terraform,
"The lifecycle meta-argument" (ignore_changes).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs, side_effects
from sopctl.facts.objects import meta
from sopctl.facts.world import World

_HPAS = "/apis/autoscaling/v2/horizontalpodautoscalers"
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*told*: keepers that are known to leave alone what runbooks write, such as Argo CD."""

    told: tuple[str, ...] = ("EKS",)


def look(world: World, params: Params) -> Verdict:
    """Groups, autoscalers of pods, and workloads, which are what runbooks write most."""
    kept: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for who, kind, name in _kept(world):
        if who and who.partition(" (")[0] not in params.told:
            kept[who, kind].append(name)
    rows = tuple(
        f"{who} keeps {_named(kind, names)}" for (who, kind), names in sorted(kept.items())
    )
    detail = f"{sum(map(len, kept.values()))} objects that runbooks may write are kept by others"
    return Verdict(holds=not rows, detail=detail, rows=rows)


def _kept(world: World) -> Iterator[tuple[str, str, str]]:
    for group in world.facts.groups():
        yield side_effects.keeper(group), "groups", group.name
    for hpa in world.k8s.each(_HPAS, lambda obj: (meta.keeper(obj), meta.full_name(obj))):
        yield hpa[0], "autoscalers of pods", hpa[1]
    for each in world.facts.workloads():
        yield each.managed_by, "workloads", f"{each.namespace}/{each.name}"


def _named(kind: str, names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{len(names)} {kind}: {shown}" + (f" and {more} more" if more > 0 else "")


CHECK: Check[Params] = Check(
    id="ready.keepers",
    summary="Nobody else writes back what runbooks write.",
    params=Params,
    look=look,
    permissions=needs.of("groups", "hpas", "workloads"),
    readiness=Readiness(
        row="OPS1",
        severity=Severity.INFO,
        why="What is written back in the middle of an incident undoes the mitigation.",
        fix="Terraform: ignore_changes of the tags and sizes of groups. Argo CD: ignoreDifferences "
        "of minReplicas, behavior and spread. Then name the keeper in `told`.",
    ),
)
