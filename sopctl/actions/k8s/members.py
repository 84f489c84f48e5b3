"""Several members of one object, read and written together.

They are written as one merge patch: what is not named in it stays, and what a write had to make on
the way to a member goes with it when it is taken back, unless somebody else stands there.
Source: RFC 7386.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent, Observed
from sopctl.facts.objects import json_text, meta
from sopctl.facts.objects.meta import Obj
from sopctl.providers.json_patch import keys, pointer

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """*content*: JSON Pointer to canonical JSON; one that is not there is not in it.

    *hollow*: mappings on the way to a member in which nothing stands, so that the way back neither
    leaves one behind nor takes one along.
    """

    content: Mapping[str, str]
    hollow: tuple[str, ...] = ()

    def value(self, path: Path) -> Json:
        """The member at *path* as JSON, or None."""
        text = self.content.get(pointer(*path))
        value: Json = json_text.parsed(text) if text else None
        return value

    def become(self, values: Mapping[Path, Json]) -> Members:
        """The members with other *values*; None takes one away, and leaves what it stood in."""
        content = {
            pointer(*path): json_text.dumped(value)
            for path, value in values.items()
            if value is not None
        }
        left = (
            pointer(*part)
            for path, value in values.items()
            if value is None and pointer(*path) in self.content
            for part in _parents(path)
        )
        return replace(self, content=content, hollow=tuple(sorted({*self.hollow, *left})))


def same(desired: Members | Absent, observed: Members | Absent) -> bool:
    """Equal in content."""
    if desired is ABSENT or observed is ABSENT:
        return desired is observed
    return desired.content == observed.content


def read(obj: Obj, paths: Sequence[Path]) -> Observed[Members]:
    """The members at *paths*, with ``shared`` as evidence: how deep others stand beside each."""
    found = {pointer(*path): _at(obj, path) for path in paths}
    content = {at: json_text.dumped(value) for at, value in found.items() if value is not None}
    shared = {pointer(*path): _shared(obj, path, paths) for path in paths}
    hollow = {pointer(*part) for path in paths for part in _parents(path) if _hollow(obj, part)}
    state = Members(content=content, hollow=tuple(sorted(hollow)))
    return Observed(state, {"shared": shared}, meta.version(obj))


def _parents(path: Path) -> Iterator[Path]:
    return (path[:depth] for depth in range(1, len(path)))


def _at(obj: Json, path: Path) -> Json:
    for key in path:
        if not isinstance(obj, Mapping) or key not in obj:
            return None
        obj = obj[key]
    return obj


def _hollow(obj: Obj, path: Path) -> bool:
    """Whether a mapping is there with nothing in it but such mappings."""
    found = _at(obj, path)
    return isinstance(found, Mapping) and _empty(found)


def _empty(found: Json) -> bool:
    return isinstance(found, Mapping) and all(map(_empty, found.values()))


def _shared(obj: Obj, path: Path, paths: Sequence[Path]) -> int:
    """How many keys of *path* lead to a mapping in which something stands that is none of ours."""
    inner: Json = obj
    deepest = 0
    for depth, key in enumerate(path):
        if not isinstance(inner, Mapping):
            break
        ours = {each[depth] for each in paths if each[:depth] == path[:depth]}
        if inner.keys() - ours:
            deepest = depth
        inner = inner.get(key)
    return deepest


def merge_patch(before: Observed[Members], after: Members) -> dict[str, Json]:
    """What makes *after* of what was seen *before*."""
    now, shared = before.state, before.evidence["shared"]
    assert now is not ABSENT, "members are there or not as long as their object is"
    assert isinstance(shared, Mapping)
    body: dict[str, Json] = {}
    for at, beside in shared.items():
        old, new = now.content.get(at), after.content.get(at)
        path = keys(at)
        if new is not None and new != old:
            _set(body, path, _merging(now.value(path), after.value(path)))
        elif new is None and old is not None:
            assert isinstance(beside, int)
            kept = [len(part) for part in _parents(path) if _stays(after, pointer(*part))]
            _set(body, path[: max([beside, *kept]) + 1], None)
    return body


def _stays(after: Members, part: str) -> bool:
    return part in after.hollow or any(at.startswith(f"{part}/") for at in after.content)


def _set(body: dict[str, Json], path: Path, value: Json) -> None:
    """Put *value* at *path*; where a whole mapping is taken away, its members need no word."""
    inner = body
    for key in path[:-1]:
        if key in inner and inner[key] is None:
            return
        inner = inner.setdefault(key, {})  # type: ignore[assignment]  # made here, as mappings
    inner[path[-1]] = value


def _merging(old: Json, new: Json) -> Json:
    """The merge patch from *old* to *new*: a key that goes is null."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    gone: dict[str, Json] = dict.fromkeys(old.keys() - new.keys())
    changed = {k: _merging(old.get(k), v) for k, v in new.items() if old.get(k) != v}
    return {**changed, **gone}
