"""What a JSON Patch of ``k8s.patch`` may say, and what it makes of a member.

A patch is written for an object of which the author knows some members. sopctl carries it out as
a lens, so that it can be applied twice and taken back: it puts the members of mappings, and lists
as a whole. What would be something else each time (an insertion at an index) is refused.
Source: RFC 6901 and RFC 6902.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.providers import json_patch

Path = tuple[str, ...]
_OURS = ("labels", "annotations", "finalizers")  # of the metadata, the rest is the server's
APPEND = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of RFC 6902; *path* is a JSON Pointer."""

    op: Literal["add", "replace", "remove"]
    path: str
    value: object = None

    @property
    def keys(self) -> Path:
        """The keys of the pointer."""
        return json_patch.keys(self.path)

    @property
    def anchor(self) -> Path:
        """The keys up to the first list: what is looked at, written and restored."""
        keys = self.keys
        inside = next((i for i, key in enumerate(keys) if _index(key)), len(keys))
        return keys[:inside]


def _index(key: str) -> bool:
    return key == APPEND or key.isdigit()


def refuse_unfit(operations: Sequence[Operation]) -> None:
    """RefusedError for the first operation that cannot be repeated or taken back."""
    if not operations:
        raise RefusedError("there is no operation", hint="Write one: {op: replace, path: ...}.")
    for each in operations:
        if trouble := _trouble(each):
            summary, hint = trouble
            raise RefusedError(f"{each.op} {each.path}: {summary}", hint=hint)
    for one in anchors(operations):
        for other in anchors(operations):
            if one != other and one == other[: len(one)]:
                raise RefusedError(
                    f"/{'/'.join(other)} is inside of /{'/'.join(one)}",
                    hint="Write one operation for both.",
                )


def _trouble(each: Operation) -> tuple[str, str] | None:
    keys, inside = each.keys, each.keys[len(each.anchor) :]
    if not each.path.startswith("/") or not all(keys) or not each.anchor:
        return "is no path to a member", "Begin with a slash, as in /spec/replicas."
    if keys[0] in ("apiVersion", "kind", "status"):
        return f"{keys[0]} is not to be patched", "Patch the spec, labels or annotations."
    if keys[0] == "metadata" and (len(keys) == 1 or keys[1] not in _OURS):
        return "the server keeps this", f"Of the metadata, patch {', '.join(_OURS)}."
    if each.op == "remove" and each.value is not None:
        return "a removal has no value", "Leave the value out."
    if each.op != "remove" and each.value is None:
        return "there is no value", "Give one; to take a member away write op: remove."
    if inside and each.op == "remove":
        return "an item is another one each time", "Replace the whole list."
    if inside and each.op == "add" and inside != (APPEND,):
        return (
            "an item would be inserted each time",
            "Append it with /-, or replace the whole list.",
        )
    if each.op == "replace" and APPEND in inside:
        return "there is nothing to replace at the end", "Write op: add."
    return None


def anchors(operations: Iterable[Operation]) -> tuple[Path, ...]:
    """What the operations touch, each once, in their order."""
    return tuple(dict.fromkeys(each.anchor for each in operations))


def applied(operations: Iterable[Operation], anchor: Path, value: Json) -> Json:
    """What becomes of the *value* at *anchor*; None is: it is not there.

    An item that is appended where an equal one is stays one. RefusedError where the path leads
    through what is not there.
    """
    for each in operations:
        if each.anchor == anchor:
            value = _put(value, each, each.keys[len(anchor) :])
    return value


def _put(value: Json, each: Operation, keys: Path) -> Json:
    if not keys:
        return None if each.op == "remove" else _json(each.value)
    key, rest = keys[0], keys[1:]
    if isinstance(value, Mapping):
        if rest and key not in value:
            raise _missing(each)
        return {**value, key: _put(value.get(key), each, rest)}
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _missing(each)
    if key == APPEND:
        new = _json(each.value)
        return list(value) if new in value else [*value, new]
    if int(key) >= len(value):
        raise _missing(each)
    return [_put(item, each, rest) if i == int(key) else item for i, item in enumerate(value)]


def _missing(each: Operation) -> RefusedError:
    return RefusedError(
        f"{each.op} {each.path}: there is nothing to go through",
        hint="Look at the object, and correct the path.",
    )


# A value comes out of YAML, which knows nothing else than JSON here.
def _json(value: object) -> Json:
    return value  # type: ignore[return-value]  # see above
