"""Objects by resource id, with as few calls as it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from sopctl.core.resource import ResourceId
from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj
from sopctl.providers import k8s_objects
from sopctl.providers.k8s import K8s

WINDOW: Final = 1000
"""Objects that an action on many has looked at, journaled and written at once.

A look at many is a list of all of them, so that small windows read the whole list again and again.
What changes in between is refused by the API server, because all writes name the version they were
decided on, and is looked at again.
"""

IN_FLIGHT: Final = 16


def lookup(k8s: K8s, ids: Iterable[ResourceId]) -> Mapping[ResourceId, Obj]:
    """The objects of *ids*; one that is gone, or of another incarnation, is left out.

    Many objects of one kind are one list: forty nodes cost one round trip, not forty.
    """
    wanted: dict[str, list[ResourceId]] = defaultdict(list)
    for each in ids:
        wanted[each.kind].append(each)
    found: dict[ResourceId, Obj] = {}
    for kind, group in wanted.items():
        objects = k8s_objects.named(k8s, kind, {each.name for each in group}, lambda obj: obj)
        for each in group:
            obj = objects.get(each.name)
            if obj is not None and each.incarnation in ("", meta.uid(obj)):
                found[each] = obj
    return found
