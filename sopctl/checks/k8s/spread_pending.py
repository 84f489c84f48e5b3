"""``k8s.spread.pending``: no pod waits because of a topology spread constraint."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.facts.objects import pod
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_namespaces* are not looked at."""

    except_namespaces: tuple[str, ...] = ()


def look(world: World, params: Params) -> Verdict:
    pods = world.k8s.each("/api/v1/pods", pod.read, fieldSelector="status.phase=Pending")
    blocked = [
        each
        for each in pods
        if each.blocked and not each.terminating and each.namespace not in params.except_namespaces
    ]
    owners = Counter(
        f"{each.namespace}/{each.owner.name if each.owner else each.name}" for each in blocked
    )
    if not owners:
        return Verdict(holds=True, detail="no pod waits for a topology spread constraint")
    rows = tuple(f"{owner}: {count} pods wait" for owner, count in owners.most_common())
    detail = f"{len(blocked)} pods wait for a topology spread constraint"
    return Verdict(holds=False, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="k8s.spread.pending",
    summary="No pod waits because of a topology spread constraint.",
    params=Params,
    look=look,
    permissions=("k8s:list pods",),
)
