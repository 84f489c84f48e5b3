"""Who put something back: as far as the objects themselves tell, in words for a person.

Kubernetes notes who wrote what; of Auto Scaling only the tags tell who keeps a group (CloudTrail
knows the call, minutes later). Reads only, and what cannot be read names nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from sopctl.core.errors import SopError
from sopctl.core.resource import ResourceId
from sopctl.facts import groups
from sopctl.facts.objects import meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.writers import last_writer
from sopctl.facts.side_effects import keeper
from sopctl.facts.world import World
from sopctl.providers.k8s import FIELD_MANAGER
from sopctl.providers.k8s_paths import is_known

GROUP = "aws.asg"


def blame(world: World, ids: Sequence[ResourceId]) -> Mapping[ResourceId, str]:
    """A name for each of *ids* of which one is known."""
    found: dict[ResourceId, str] = {}
    with suppress(SopError):
        for each, obj in lookup(world.k8s, [one for one in ids if is_known(one.kind)]).items():
            found[each] = _of_object(obj, each.part)
    with suppress(SopError):
        found |= _of_groups(world, [one for one in ids if one.kind == GROUP])
    return {each: who for each, who in found.items() if who}


def _of_object(obj: meta.Obj, part: str) -> str:
    """The manager, and the tool that keeps the object if it is one that writes things back."""
    names = (last_writer(obj, part, FIELD_MANAGER), meta.keeper(obj))
    return " for ".join(dict.fromkeys(name for name in names if name))


def _of_groups(world: World, ids: Sequence[ResourceId]) -> Mapping[ResourceId, str]:
    known = groups.named(world.aws, {each.name for each in ids}) if ids else {}
    return {
        each: f"probably {who}"
        for each in ids
        if (group := known.get(each.name)) is not None and (who := keeper(group))
    }
