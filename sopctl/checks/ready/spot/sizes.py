"""``ready.sizes``: all types of a group are of one size.

The cluster autoscaler takes a group's first type for all of them: a smaller one that is launched
does not fit the pods it was launched for. Source: kubernetes/autoscaler,
cluster-autoscaler/cloudprovider/aws/README.md, "Using Mixed Instances Policies"; Ctrip, 2.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs, sizes
from sopctl.facts.groups import Group
from sopctl.facts.sizes import Size
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*memory*: percent by which memory may differ, as it does between families."""

    memory: int = 5


def look(world: World, params: Params) -> Verdict:
    several = [each for each in world.facts.groups() if len(each.types) > 1]
    known = sizes.read(world.aws, {kind for each in several for kind in each.types})
    rows = tuple(
        f"{each.name}: {trouble}"
        for each in several
        for trouble in _troubles(each, known, params.memory)
    )
    detail = f"{len(several)} groups buy several types"
    detail += ", of different sizes" if rows else ", each of one size"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(several))


def _troubles(group: Group, known: Mapping[str, Size], memory: int) -> Iterator[str]:
    sized = [(kind, known[kind]) for kind in group.types if kind in known]
    for kind, size in sized[1:]:
        first, mine = sized[0]
        for what, a, b in (
            ("vCPUs", mine.vcpus, size.vcpus),
            ("pods", mine.pods, size.pods),
            ("architectures", "/".join(mine.architectures), "/".join(size.architectures)),
        ):
            if a != b:
                yield f"{kind} has {b} {what}, {first} {a}"
        if abs(size.memory - mine.memory) * 100 > mine.memory * memory:
            yield f"{kind} has {size.memory} MiB of memory, {first} {mine.memory}"


CHECK: Check[Params] = Check(
    id="ready.sizes",
    summary="All types of a group are of one size.",
    params=Params,
    look=look,
    permissions=(*needs.of("groups"), "ec2:DescribeInstanceTypes"),
    readiness=Readiness(
        row="SP2",
        severity=Severity.CRITICAL,
        why="The autoscaler counts with the first type: a smaller one leaves its pods pending.",
        fix="Make a group for each size; ec2-instance-selector lists types of one size.",
    ),
)
