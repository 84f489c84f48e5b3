"""``k8s.karpenter.drifted``: no node of Karpenter is about to be replaced because it drifted.

After a requirement came back, nodes lose the condition when Karpenter looks again, within five
minutes; until then budgets that are opened would let it replace them. Source: karpenter.sh,
"Disruption", Drift; pkg/controllers/nodeclaim/disruption.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.core.errors import NotFoundError
from sopctl.facts.objects.node import condition
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    try:
        claims = world.k8s.list(collection("k8s.nodeclaim"))
    except NotFoundError:
        return Verdict(holds=True, detail="Karpenter is not here")
    drifted = sorted(
        str(each["metadata"]["name"])
        for each in claims
        if condition(each.get("status") or {}, "Drifted") == "True"
    )
    if not drifted:
        return Verdict(holds=True, detail=f"none of {len(claims)} node claims has drifted")
    rows = tuple(f"{name} has drifted" for name in drifted)
    detail = f"{len(drifted)} of {len(claims)} node claims have drifted"
    return Verdict(holds=False, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="k8s.karpenter.drifted",
    summary="No node of Karpenter is about to be replaced because it drifted.",
    params=Params,
    look=look,
    permissions=("k8s:list nodeclaims.karpenter.sh",),
)
