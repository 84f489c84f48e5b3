"""Annotations on Kubernetes objects that say which run holds them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sopctl.core.action import AnyChange, Call, Mark
from sopctl.core.codec import Json
from sopctl.core.errors import NotFoundError
from sopctl.core.resource import ResourceId
from sopctl.marks.bookkeeping import provider_errors
from sopctl.providers import k8s_objects
from sopctl.providers.k8s import JSON_PATCH, MERGE_PATCH, K8s, Obj
from sopctl.providers.k8s_paths import address

PREFIX = "sopctl.io/held-by"
NAME_LIMIT = 63
CONCURRENCY = 16
T = TypeVar("T")


class HasK8s(Protocol):
    """Clients with a Kubernetes API among them."""

    @property
    def k8s(self) -> K8s: ...


class AnnotationMarker:
    """Marks as the annotation ``sopctl.io/held-by.<what>`` = the run.

    *what* tells the actions apart that may hold one object; without it, it is the part of the
    object that is changed.
    """

    def __init__(self, what: str = "") -> None:
        self._what = what

    def name(self, change: AnyChange, run: str) -> Mark:
        """The annotation for *change*; pure."""
        resource = change.resource
        what = re.sub(r"[^A-Za-z0-9_.-]+", "_", self._what or resource.part).strip("._-")
        key = f"{PREFIX}.{what}" if what else PREFIX
        whole = ResourceId(resource.kind, resource.name, resource.incarnation)
        room = len("sopctl.io/") + NAME_LIMIT
        return Mark(whole, key[:room].rstrip("._-"), run)

    def read(self, clients: HasK8s, marks: Sequence[Mark]) -> Mapping[Mark, str | None]:
        """What stands there now; on an object that is gone, nothing."""
        wanted: dict[str, list[Mark]] = defaultdict(list)
        for mark in marks:
            wanted[mark.resource.kind].append(mark)
        found: dict[Mark, str | None] = dict.fromkeys(marks)
        for kind, some in wanted.items():
            names = {mark.resource.name for mark in some}
            signs = k8s_objects.named(clients.k8s, kind, names, _signs)
            found |= {mark: _standing(mark, signs.get(mark.resource.name)) for mark in some}
        return found

    def write(self, call: Call, clients: HasK8s, marks: Sequence[Mark]) -> None:
        """Set the annotations; raises a ProviderError. An object that is gone needs none."""

        def one(mark: Mark) -> None:
            metadata: dict[str, Json] = {"annotations": {mark.key: mark.value}}
            if mark.resource.incarnation:
                metadata["uid"] = mark.resource.incarnation  # of another one: refused
            _patch(call, clients.k8s, mark, {"metadata": metadata}, MERGE_PATCH)

        _each(one, marks)

    def remove(self, call: Call, clients: HasK8s, marks: Sequence[Mark]) -> None:
        """Take off the annotations that still have our value; raises a ProviderError.

        ConflictError where one has another value by now, or its object was being written.
        """

        def one(mark: Mark) -> None:
            path = "/metadata/annotations/" + mark.key.replace("~", "~0").replace("/", "~1")
            patch: Json = [
                {"op": "test", "path": path, "value": mark.value},
                {"op": "remove", "path": path},
            ]
            _patch(call, clients.k8s, mark, patch, JSON_PATCH)

        _each(one, marks)  # all of them, before the first error is raised


MARKER = AnnotationMarker()


def holder(annotations: Mapping[str, str], what: str) -> str:
    """The run whose mark for *what* is among *annotations*, or empty."""
    return annotations.get(f"{PREFIX}.{what}", "")


def holders(annotations: Mapping[str, str]) -> set[str]:
    """All runs whose marks are among *annotations*."""
    return {run for key, run in annotations.items() if key.startswith(PREFIX) and run}


def _signs(obj: Obj) -> tuple[str, Mapping[str, str]]:
    """The uid of an object, and the marks of whomever on it."""
    metadata = obj["metadata"]
    found = (metadata.get("annotations") or {}).items()
    return str(metadata.get("uid", "")), {k: v for k, v in found if k.startswith(PREFIX)}


def _standing(mark: Mark, signs: tuple[str, Mapping[str, str]] | None) -> str | None:
    if signs is None or mark.resource.incarnation not in ("", signs[0]):
        return None
    return signs[1].get(mark.key)


def _patch(call: Call, k8s: K8s, mark: Mark, body: Json, content_type: str) -> None:
    try:
        with provider_errors():
            k8s.write(call, "PATCH", address(mark.resource), body, content_type=content_type)
    except NotFoundError:
        return


def _each(work: Callable[[Mark], T], marks: Sequence[Mark]) -> list[T]:
    with ThreadPoolExecutor(max_workers=CONCURRENCY, thread_name_prefix="marks") as pool:
        return list(pool.map(work, marks))
