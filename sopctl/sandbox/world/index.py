"""Objects by what they say, kept up to date one object at a time; and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sopctl.sandbox.world.ports import Obj

Key = tuple[str, str]  # (namespace, name)
Keys: TypeAlias = Callable[[Obj], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Change:
    """What an object was and is; None is absent."""

    key: Key
    old: Obj | None
    new: Obj | None


class Index:
    """Objects by the keys that a function gives them."""

    def __init__(self, keys: Keys) -> None:
        """Start empty."""
        self._keys = keys
        self._found: dict[str, dict[Key, Obj]] = {}
        self._places: dict[Key, tuple[str, ...]] = {}

    def put(self, place: Key, obj: Obj | None) -> None:
        """Let an object be another, or none."""
        wanted = () if obj is None else tuple(self._keys(obj))
        for key in self._places.get(place, ()):
            if key not in wanted:
                del self._found[key][place]
                if not self._found[key]:
                    del self._found[key]
        if obj is None:
            self._places.pop(place, None)
            return
        self._places[place] = wanted
        for key in wanted:
            self._found.setdefault(key, {})[place] = obj

    def get(self, key: str) -> list[Obj]:
        """Return the objects with a key."""
        found = self._found.get(key)
        return list(found.values()) if found else []


def key_of(obj: Obj) -> Key:
    """Return what an object is known by within its resource."""
    metadata = obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]
