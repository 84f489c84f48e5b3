"""JSON Patch documents that only land on what was looked at.

Each begins with ``test`` operations: on the uid, so that a later object of the same name is left
alone; on the resourceVersion, so that a call still on its way cannot land after the object was
touched; and on the very value that is replaced. The API server answers a failed ``test`` with 422
(k8s.io/apiserver/pkg/endpoints/handlers/patch.go).
"""

from __future__ import annotations

from typing import TypeAlias

from sopctl.core.codec import Json

MEDIA_TYPE = "application/json-patch+json"

Operation: TypeAlias = dict[str, Json]


def pointer(*keys: str) -> str:
    """A JSON Pointer (RFC 6901) to *keys*, escaped."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def keys(path: str) -> tuple[str, ...]:
    """The inverse of :func:`pointer`; raises ValueError for what is no pointer to a member."""
    if not path.startswith("/"):
        raise ValueError(f"{path!r} is no JSON Pointer")
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in path[1:].split("/"))


def test(path: str, value: Json) -> Operation:
    return {"op": "test", "path": path, "value": value}


def add(path: str, value: Json) -> Operation:
    """Set a member of an object, whether it is there or not."""
    return {"op": "add", "path": path, "value": value}


def replace(path: str, value: Json) -> Operation:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str) -> Operation:
    return {"op": "remove", "path": path}


def same_object(uid: str, version: str) -> list[Operation]:
    """Tests that the object is still the one, in the version, that was looked at."""
    tests = []
    if uid:
        tests.append(test("/metadata/uid", uid))
    if version:
        tests.append(test("/metadata/resourceVersion", version))
    return tests
