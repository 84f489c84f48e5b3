"""Karpenter's NodePools, as far as they say where nodes may appear.

Source: karpenter.sh, "NodePools": ``spec.limits`` (of zero keeps a pool from growing) and
``spec.template.spec.requirements``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sopctl.core.errors import NotFoundError
from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.facts.objects.node import ZONE, Node
from sopctl.facts.objects.quantity import parse
from sopctl.providers.k8s import K8s
from sopctl.providers.k8s_pages import CACHED

LABEL = "karpenter.sh/nodepool"  # on its nodes
PATH = "/apis/karpenter.sh/v1/nodepools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """*stopped*: it may have no more processors. *only*: the zones it is bound to, None is any."""

    name: str
    stopped: bool = False
    only: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)

    def allows(self, zone: str) -> bool:
        """Whether a node may appear in the zone of that name."""
        return zone not in self.never and (self.only is None or zone in self.only)


def to_show(k8s: K8s, nodes: Iterable[Node]) -> tuple[Pool, ...]:
    """All NodePools, a moment old; not asked for where none of *nodes* is of one."""
    if not any(LABEL in node.labels for node in nodes):
        return ()
    try:
        return tuple(k8s.each(PATH, pool, **CACHED))
    except NotFoundError:
        return ()


def pool(obj: Obj) -> Pool:
    """One NodePool."""
    spec = obj.get("spec") or {}
    template = (spec.get("template") or {}).get("spec") or {}
    only: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()
    for each in template.get("requirements") or ():
        values = tuple(each.get("values") or ())
        if each.get("key") != ZONE:
            continue
        if each.get("operator") == "In":
            only = values if only is None else tuple(zone for zone in only if zone in values)
        elif each.get("operator") == "NotIn":
            never += values
    limit = (spec.get("limits") or {}).get("cpu")
    return Pool(
        name=str(obj["metadata"]["name"]),
        stopped=limit is not None and parse(limit) == 0,
        only=only,
        never=never,
        annotations=meta.annotated(obj),
    )
