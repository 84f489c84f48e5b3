"""Objects of one kind by name, with as few calls as it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from sopctl.core.errors import NotFoundError
from sopctl.core.resource import ResourceId
from sopctl.providers.k8s import K8s, Obj
from sopctl.providers.k8s_paths import address, collection

T = TypeVar("T")
_FEW = 3


def named(k8s: K8s, kind: str, names: Collection[str], read: Callable[[Obj], T]) -> dict[str, T]:
    """What *read* makes of each object (``name`` or ``namespace/name``) that is there.

    A few are read one by one. Many are the pages of one list: a thousand nodes cost two round
    trips, not a thousand.
    """
    wanted = frozenset(names)
    if len(wanted) > _FEW:

        def chosen(obj: Obj) -> tuple[str, T] | None:
            name = _full_name(obj)
            return (name, read(obj)) if name in wanted else None

        return dict(k8s.each(collection(kind), chosen))
    found: dict[str, T] = {}
    for name in sorted(wanted):
        try:
            found[name] = read(k8s.get(address(ResourceId(kind, name))))
        except NotFoundError:
            continue
    return found


def _full_name(obj: Obj) -> str:
    namespace = obj["metadata"].get("namespace") or ""
    return f"{namespace}/{obj['metadata']['name']}" if namespace else str(obj["metadata"]["name"])
