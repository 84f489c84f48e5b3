"""Objects of the API are JSON: the one place where their shapelessness is admitted and named."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

# The simulator serves kinds it has never heard of (custom resources), so a type per kind would
# be a lie: what it stores, patches and compares is JSON.
Json = Any
Obj = dict[str, Any]
Key = tuple[str, str]  # (namespace, name); the namespace of a cluster-scoped object is ""


def encode(value: Json) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def clone(value: Json) -> Json:
    """A deep copy; four times faster than `copy.deepcopy` on JSON."""
    return json.loads(encode(value))


def stamp(moment: datetime) -> str:
    """A metav1.Time: RFC 3339 in UTC with whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dig(obj: Json, *path: str) -> Json:
    """The value at a path of keys, or None where any key is missing."""
    for key in path:
        if not isinstance(obj, dict):
            return None
        obj = obj.get(key)
    return obj


def key_of(obj: Obj) -> Key:
    """Where an object is stored."""
    meta = obj["metadata"]
    return meta.get("namespace", ""), meta["name"]


def without_nulls(value: Json) -> Json:
    """The value without null members, as Go's decoder leaves nothing of them."""
    if isinstance(value, dict):
        return {key: without_nulls(sub) for key, sub in value.items() if sub is not None}
    if isinstance(value, list):
        return [without_nulls(sub) for sub in value]
    return value
