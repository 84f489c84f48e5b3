"""A PodDisruptionBudget: which pods it guards, and whether it lets one go now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.pod import Pod

PATH = "/apis/policy/v1/poddisruptionbudgets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdb:
    """*allowed*, *healthy*, *desired*, *expected* are pods, as the disruption controller counts."""

    namespace: str
    name: str
    selector: Obj | None
    allowed: int
    healthy: int
    desired: int
    expected: int
    always_allow_unhealthy: bool

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def never(self) -> bool:
        """No pod could be evicted even if all of them were healthy."""
        return self.expected > 0 and self.desired >= self.expected


def read(obj: Obj) -> Pdb:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return Pdb(
        namespace=obj["metadata"]["namespace"],
        name=obj["metadata"]["name"],
        selector=spec.get("selector"),
        allowed=int(status.get("disruptionsAllowed") or 0),
        healthy=int(status.get("currentHealthy") or 0),
        desired=int(status.get("desiredHealthy") or 0),
        expected=int(status.get("expectedPods") or 0),
        always_allow_unhealthy=spec.get("unhealthyPodEvictionPolicy") == "AlwaysAllow",
    )


def guarding(pod: Pod, budgets: Iterable[Pdb]) -> tuple[Pdb, ...]:
    """The budgets that cover *pod*; the eviction API refuses for ever if there are two."""
    return tuple(
        each
        for each in budgets
        if each.namespace == pod.namespace and meta.selects(each.selector, pod.labels)
    )
