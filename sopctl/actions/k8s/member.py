"""One member of an object, such as ``spec.limits``: read, and written with its before-image.

What a write had to make on the way there (an object that held nothing yet) goes with it when it
is taken back, unless somebody else has put something there since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.core.action import Call, Change, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId
from sopctl.facts.objects import json_text, meta
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.meta import Obj
from sopctl.facts.world import World
from sopctl.providers import json_patch, k8s_writes

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """*content* is canonical JSON, empty where the member is not there.

    *depth* is how many keys of its path are there, so that the way back leaves no empty object.
    """

    content: str = ""
    depth: int = 0

    @property
    def value(self) -> Json:
        """The member as JSON, or None."""
        value: Json = json_text.parsed(self.content) if self.content else None
        return value


def of(value: Json, path: Path) -> Member:
    """The member with that *value*."""
    return Member(content=json_text.dumped(value), depth=len(path))


def same(desired: Member | Absent, observed: Member | Absent) -> bool:
    """Equal in content: somebody else's neighbour is no difference."""
    if desired is ABSENT or observed is ABSENT:
        return desired is observed
    return desired.content == observed.content


def observe(
    world: World, ids: Sequence[ResourceId], path: Path
) -> Mapping[ResourceId, Observed[Member]]:
    """The member of each object; an object that is gone is left out."""
    return {each: read(obj, path) for each, obj in lookup(world.k8s, ids).items()}


def read(obj: Obj, path: Path) -> Observed[Member]:
    """The member, with ``shared`` as evidence: how many keys of the path others stand under."""
    inner: Json = obj
    depth, shared = 0, 0
    for key in path:
        if not isinstance(inner, Mapping) or key not in inner:
            break
        if len(inner) > 1:
            shared = depth
        inner, depth = inner[key], depth + 1
    content = json_text.dumped(inner) if depth == len(path) else ""
    state = Member(content=content, depth=depth)
    return Observed(state, evidence={"shared": shared}, version=meta.version(obj))


def write(call: Call, world: World, change: Change[Member], path: Path) -> Receipt:
    """One conditional patch; nothing is sent where nothing would change."""
    before, after = change.before.state, change.after
    assert before is not ABSENT, "a member is there or not as long as its object is"
    assert after is not ABSENT, "as above"
    if before.content == after.content:
        return Receipt(kind=ReceiptKind.DONE)
    operations = json_patch.same_object(change.resource.incarnation, change.before.version)
    if before.content:
        operations.append(json_patch.test(json_patch.pointer(*path), before.value))
    if after.content:
        operations.append(_added(path, before.depth, after.value))
    else:
        shared = change.before.evidence["shared"]
        assert isinstance(shared, int)
        kept = max(after.depth, shared)
        operations.append(json_patch.remove(json_patch.pointer(*path[: kept + 1])))
    return k8s_writes.patch(call, world.k8s, change.resource, operations)


def _added(path: Path, depth: int, value: Json) -> json_patch.Operation:
    """Set the member, with the objects on the way that are not there."""
    last = min(depth, len(path) - 1)
    for key in reversed(path[last + 1 :]):
        value = {key: value}
    return json_patch.add(json_patch.pointer(*path[: last + 1]), value)
