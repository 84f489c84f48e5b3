"""``ready.core``: what everything else depends on has two replicas in two zones, on demand.

DNS, metrics, admission, ingress and the autoscalers: without them a zone failure becomes one of the
cluster. Source: EKS best practices, "Reliability"; Ctrip, 2.3 (the core runs on demand).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import owned, purchase
from sopctl.facts.objects.pod import Pod
from sopctl.facts.objects.workload import Workload
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*namespaces* are those that controllers live in."""

    namespaces: tuple[str, ...] = ("kube-system",)


def look(world: World, params: Params) -> Verdict:
    nodes = {each.name: each for each in world.facts.nodes()}
    ready = [each for each in world.facts.pods() if each.ready and each.node in nodes]
    ours = [
        each
        for each in world.facts.templates()
        if each.namespace in params.namespaces and each.replicas
    ]
    spot = {name for name, each in nodes.items() if purchase.of(each.labels) == "spot"}
    zones = {name: each.zone for name, each in nodes.items()}
    theirs = owned.pods_of(ours, ready)
    rows = tuple(
        f"{each.name} {trouble}"
        for each in sorted(ours, key=lambda one: one.name)
        for trouble in _troubles(each, theirs[each.uid], zones, spot)
    )
    bad = len({row.split()[0] for row in rows})
    detail = f"{bad} of {len(ours)} system workloads would not survive a zone"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(ours))


def _troubles(
    workload: Workload, pods: Sequence[Pod], zones: dict[str, str], spot: set[str]
) -> Iterator[str]:
    if workload.replicas < 2:  # noqa: PLR2004  # one more than the one that is lost
        yield "has one replica"
    elif len({zones[each.node] for each in pods}) < 2:  # noqa: PLR2004  # as above
        yield "has its ready replicas in one zone"
    if pods and all(each.node in spot for each in pods):
        yield "runs on spot nodes only"
    if not workload.spec.get("priorityClassName"):
        yield "has no priority class"


CHECK: Check[Params] = Check(
    id="ready.core",
    summary="System workloads have two replicas in two zones, on demand, with a priority.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
    ),
    readiness=Readiness(
        row="CC1",
        severity=Severity.CRITICAL,
        why="Without DNS, admission or an autoscaler nothing else recovers.",
        fix="Two replicas, a zone constraint, priorityClassName: system-cluster-critical.",
    ),
)
