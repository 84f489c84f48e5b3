"""``k8s.pdb.ok``: disruption budgets let pods go, one by one at least.

A budget that asks for as many healthy pods as there are never does, and a pod with two budgets is
refused for ever: both stop a drain in the middle of an incident. Source: kubernetes
``pkg/registry/core/pod/storage/eviction.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.objects import pdb, pod
from sopctl.facts.objects.pdb import Pdb
from sopctl.facts.objects.pod import Pod
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_namespaces* are not looked at."""

    except_namespaces: tuple[str, ...] = ()


def look(world: World, params: Params) -> Verdict:
    spared = params.except_namespaces
    budgets = world.k8s.each(pdb.PATH, pdb.read)
    budgets = [each for each in budgets if each.namespace not in spared]
    pods = world.k8s.each("/api/v1/pods", pod.read)
    rows = (*_never(budgets), *_twice(pods, budgets))
    if rows:
        detail = f"{len(rows)} budgets or sets of pods can never be drained"
        return Verdict(holds=False, detail=detail, rows=rows)
    return Verdict(holds=True, detail=f"{len(budgets)} budgets let their pods go one by one")


def _never(budgets: Iterable[Pdb]) -> Iterator[str]:
    for each in budgets:
        if each.never:
            yield (
                f"{each.full_name} wants {each.desired} of {each.expected} pods healthy: "
                "it never lets one go"
            )


def _twice(pods: Iterable[Pod], budgets: Sequence[Pdb]) -> Iterator[str]:
    """One row for each owner with pods that more than one budget covers."""
    told = set()
    for each in pods:
        guards = pdb.guarding(each, budgets)
        owner = f"{each.namespace}/{each.owner.name if each.owner else each.name}"
        if len(guards) > 1 and not each.finished and owner not in told:
            told.add(owner)
            yield f"{owner} has pods with {len(guards)} budgets: " + ", ".join(
                one.name for one in guards
            )


CHECK: Check[Params] = Check(
    id="k8s.pdb.ok",
    summary="Disruption budgets let pods go, and no pod has two.",
    params=Params,
    look=look,
    permissions=("k8s:list poddisruptionbudgets.policy", "k8s:list pods"),
    readiness=Readiness(
        row="WL2, WL3",
        severity=Severity.CRITICAL,
        why="A budget that never lets a pod go stops the evacuation of its zone.",
        fix="kubectl patch pdb NAME: maxUnavailable 1; of two budgets for one pod, delete one.",
    ),
)
