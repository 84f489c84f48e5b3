"""How unevenly the pods of a workload are over zones, measured by its own spread constraint.

Counted as the scheduler counts: running pods that the constraint selects, over the domains in which
a node takes the workload's pods. Source: kubernetes.io, "Pod Topology Spread Constraints".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.facts import room
from sopctl.facts.objects import meta, spread
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod
from sopctl.facts.objects.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """*counts* of pods by domain, empty ones too; *pods* are the workload's own, by domain.

    *allowed*: how many more than the emptiest a domain may have.
    """

    workload: Workload
    allowed: int
    counts: Mapping[str, int]
    pods: Mapping[str, Sequence[Pod]]

    @property
    def uneven(self) -> bool:
        return any(self.over(each) for each in self.counts)

    def over(self, domain: str) -> bool:
        """Whether *domain* has more than is allowed."""
        least = min(self.counts.values(), default=0)
        return self.counts.get(domain, 0) - least > self.allowed

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return f"{self.workload.name}: {numbers}"


def surplus(skew: Skew) -> Mapping[str, int]:
    """How many pods have to leave each domain, if each goes to the emptiest one."""
    left, leaving = dict(skew.counts), Counter[str]()
    while left:
        full = max(sorted(left), key=lambda name: left[name])
        empty = min(sorted(left), key=lambda name: left[name])
        if left[full] - left[empty] <= skew.allowed:
            break
        left[full], left[empty] = left[full] - 1, left[empty] + 1
        leaving[full] += 1
    return leaving


def of(
    workload: Workload, pods: Sequence[Pod], nodes: Sequence[Node], key: str, *, soft: bool
) -> Skew | None:
    """The skew of *workload* over *key*; None where nothing is said, or nothing runs.

    *pods* are those of its namespace. *soft*: a constraint that is only preferred counts, too.
    """
    said = _constraint(workload, key, soft=soft)
    near = [each for each in pods if _counts(each)]
    own = [each for each in near if meta.selects(workload.selector, each.labels)]
    if said is None or not own:
        return None
    domain = {each.name: each.labels[key] for each in nodes if key in each.labels}
    counts = dict.fromkeys(
        sorted({domain[n.name] for n in nodes if n.name in domain and room.takes(n, own[0])}), 0
    )
    alike = said.get("matchLabelKeys") or ()
    for each in near:
        same = all(each.labels.get(one) == own[0].labels.get(one) for one in alike)
        where = domain.get(each.node, "")
        if same and where in counts and meta.selects(said["labelSelector"], each.labels):
            counts[where] += 1
    placed = {name: [e for e in own if domain.get(e.node) == name] for name in counts}
    allowed = max(1, int(said.get("maxSkew") or 1))
    return Skew(workload=workload, allowed=allowed, counts=counts, pods=placed)


def _counts(each: Pod) -> bool:
    return bool(each.node) and not each.finished and not each.terminating


def _constraint(workload: Workload, key: str, *, soft: bool) -> Obj | None:
    """The strictest of its constraints over *key*."""
    fit = [
        each
        for each in spread.constraints(workload.spec)
        if spread.is_hard(each, (key,)) or (soft and _soft(each, key))
    ]
    return min(fit, key=lambda each: int(each.get("maxSkew") or 1), default=None)


def _soft(each: Obj, key: str) -> bool:
    return each.get("topologyKey") == key and each.get("labelSelector") is not None
