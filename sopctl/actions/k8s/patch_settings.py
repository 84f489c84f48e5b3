"""Members of one object, written together: read with what tells absent from null, and put back.

What a write had to make on the way to a member (an object that held nothing yet) goes with it when
it is taken back, unless somebody else has put something there since. Members of lists are only
replaced: their places are not theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sopctl.core.codec import Json
from sopctl.core.resource import Observed
from sopctl.facts.objects import json_text, meta
from sopctl.facts.objects.meta import Obj
from sopctl.providers import json_patch
from sopctl.providers.json_patch import Operation

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """*values*: JSON Pointers to canonical JSON; a member that is not there is not in it.

    *missing*: of a member whose parents are not all there, how many keys of its pointer are.
    """

    values: Mapping[str, str]
    missing: Mapping[str, int] = field(default_factory=dict)

    def depth(self, pointer: str) -> int:
        """How many keys of *pointer* the object has."""
        whole = len(json_patch.keys(pointer))
        return whole if pointer in self.values else self.missing.get(pointer, whole - 1)


def of(wanted: Mapping[str, Json], pointers: Sequence[str]) -> Settings:
    """The settings of an object that is as *wanted*; the rest of *pointers* is not there."""
    assert wanted.keys() <= set(pointers)
    return Settings(values={each: json_text.dumped(value) for each, value in wanted.items()})


def read(obj: Obj, pointers: Sequence[str]) -> Observed[Settings]:
    """The members at *pointers*, with ``shared`` and ``loose`` as evidence.

    The first is, of each pointer, how many keys lead to the deepest object in which others stand
    too. The second is what ``missing`` is of labels and annotations: those objects come and go
    with what is in them, our own marks among it, so that it is no part of the state.
    """
    values: dict[str, str] = {}
    missing: dict[str, int] = {}
    shared: dict[str, int] = {}
    loose: dict[str, int] = {}
    paths = [json_patch.keys(each) for each in pointers]
    for pointer, path in zip(pointers, paths, strict=True):
        found, depth = _reached(obj, path)
        if depth == len(path):
            values[pointer] = json_text.dumped(found)
        elif depth < len(path) - 1:
            (loose if path[0] == "metadata" else missing)[pointer] = depth
        shared[pointer] = max(
            n
            for n in range(min(depth + 1, len(path)))
            if n == 0 or _others(_reached(obj, path[:n])[0], n, paths)
        )
    state = Settings(values=values, missing=missing)
    evidence = {"shared": shared, "loose": loose}
    return Observed(state, evidence=evidence, version=meta.version(obj))


def _reached(obj: Json, path: Path) -> tuple[Json, int]:
    """What *path* leads to as far as it goes, and how many of its keys that are."""
    inner = obj
    for depth, key in enumerate(path):
        if isinstance(inner, Mapping) and key in inner:
            inner = inner[key]
        elif isinstance(inner, list) and key.isdigit() and int(key) < len(inner):
            inner = inner[int(key)]
        else:
            return inner, depth
    return inner, len(path)


def _others(inner: Json, depth: int, paths: Sequence[Path]) -> bool:
    """Whether *inner* has members, *depth* keys down, that none of *paths* leads to."""
    if isinstance(inner, list):
        return True
    return isinstance(inner, Mapping) and bool(
        inner.keys() - {path[depth] for path in paths if len(path) > depth}
    )


def missing_in_lists(obj: Obj, pointers: Sequence[str]) -> str:
    """The first pointer to a place of a list that is not there, or empty."""
    for pointer in pointers:
        path = json_patch.keys(pointer)
        found, depth = _reached(obj, path)
        if depth < len(path) and isinstance(found, list):
            return pointer
    return ""


def operations(
    before: Settings, after: Settings, shared: Mapping[str, int], pointers: Sequence[str]
) -> list[Operation]:
    """What makes *after* of *before*: tests on the very values, then the changes."""
    touched = [each for each in pointers if before.values.get(each) != after.values.get(each)]
    tests = [
        json_patch.test(each, json_text.parsed(before.values[each]))
        for each in touched
        if each in before.values
    ]
    gone = [each for each in touched if each not in after.values]
    there = {json_patch.keys(each)[: before.depth(each)] for each in pointers}
    there |= {path[:n] for path in there for n in range(len(path))}
    kept = [each for each in touched if each in after.values]
    removed = _removed([_cut(each, after, shared) for each in gone])
    return [*tests, *removed, *_set(kept, after, there)]


def _cut(pointer: str, after: Settings, shared: Mapping[str, int]) -> Path:
    """What is removed so that no empty object of ours stays where *pointer* led."""
    path = json_patch.keys(pointer)
    return path[: max(after.depth(pointer), shared.get(pointer, len(path) - 1)) + 1]


def _removed(paths: Sequence[Path]) -> list[Operation]:
    """Each once, and nothing inside of what is removed as a whole."""
    whole = [
        path
        for path in dict.fromkeys(paths)
        if not any(path != other and path[: len(other)] == other for other in paths)
    ]
    return [json_patch.remove(json_patch.pointer(*path)) for path in whole]


def _set(pointers: Sequence[str], after: Settings, there: set[Path]) -> Iterator[Operation]:
    """Set members, with the objects on the way that are not there yet."""
    for pointer in pointers:
        path = json_patch.keys(pointer)
        value = json_text.parsed(after.values[pointer])
        if path in there:
            yield json_patch.replace(pointer, value)
            continue
        first = next(n for n in range(1, len(path) + 1) if path[:n] not in there)
        for key in reversed(path[first:]):
            value = {key: value}
        there.update(path[: n + 1] for n in range(len(path)))
        yield json_patch.add(json_patch.pointer(*path[:first]), value)
