"""Objects by resource id, with as few calls as it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sopctl.core.errors import NotFoundError
from sopctl.core.resource import ResourceId
from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.providers.k8s import K8s
from sopctl.providers.k8s_paths import address, collection

_FEW = 3


def lookup(k8s: K8s, ids: Iterable[ResourceId]) -> Mapping[ResourceId, Obj]:
    """The objects of *ids*; one that is gone, or of another incarnation, is left out.

    Many objects of one kind are one list: forty nodes cost one round trip, not forty.
    """
    wanted: dict[str, list[ResourceId]] = defaultdict(list)
    for each in ids:
        wanted[each.kind].append(each)
    found: dict[ResourceId, Obj] = {}
    for kind, group in wanted.items():
        objects = _of_kind(k8s, kind, {each.name: each for each in group})
        for each in group:
            obj = objects.get(each.name)
            if obj is not None and each.incarnation in ("", meta.uid(obj)):
                found[each] = obj
    return found


def _of_kind(k8s: K8s, kind: str, named: Mapping[str, ResourceId]) -> Mapping[str, Obj]:
    if len(named) > _FEW:
        return {meta.full_name(obj): obj for obj in k8s.list(collection(kind))}
    return {name: obj for name, each in named.items() if (obj := _one(k8s, each)) is not None}


def _one(k8s: K8s, resource: ResourceId) -> Obj | None:
    try:
        return k8s.get(address(resource))
    except NotFoundError:
        return None
