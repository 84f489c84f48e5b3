"""Who wrote an object last besides us: what the API server noted in ``managedFields``.

Source: kubernetes.io, "Server-Side Apply", field management: each entry has a manager, a time and
the fields that it owns. Whoever removes a field owns nothing of it afterwards, so that for a field
that is gone the latest writer is the best guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sopctl.facts.objects import meta
from sopctl.facts.objects.meta import Obj


def last_writer(obj: Obj, part: str, ours: str) -> str:
    """The manager, other than *ours*, that owns *part* (a path or a key), or wrote last; or empty.

    A subresource is left out: whoever writes a status reverts nothing.
    """
    entries = [
        each
        for each in obj["metadata"].get("managedFields") or ()
        if each.get("manager") not in ("", None, ours) and not each.get("subresource")
    ]
    owning = [each for each in entries if _owns(each, part)]
    latest = max(owning or entries, key=lambda each: str(each.get("time", "")), default=None)
    return str(latest["manager"]) if latest is not None else ""


# Their field managers, with the names that people know them by.
_KEEPERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "helm": "Helm",
}


def keeper_of(obj: Obj, path: Sequence[str]) -> str:
    """Who will write the member at *path* back, as far as the object tells; or empty.

    That is a controller that the object belongs to, or a tool that owns the very member, or (where
    nobody is noted) one that keeps the object.
    """
    if owner := meta.controller(obj):
        return f"{owner.kind} {owner.name}"
    noted = obj["metadata"].get("managedFields") or ()
    for each in noted:
        who = _KEEPERS.get(str(each.get("manager")))
        if who and not each.get("subresource") and _holds(each.get("fieldsV1") or {}, path):
            return who
    return "" if noted else meta.keeper(obj)


def _holds(fields: Any, path: Sequence[str]) -> bool:  # noqa: ANN401  # nested mappings
    """Whether *fields* own the member at *path*, something inside of it, or what it is in."""
    for key in path:
        if not fields or set(fields) == {"."}:
            break
        if f"f:{key}" not in fields:
            # a list is noted by what is in it, and an atomic one as a whole
            return key.isdigit() and any(name.startswith(("k:", "v:", "i:")) for name in fields)
        fields = fields[f"f:{key}"]
    return True


def _owns(entry: Obj, part: str) -> bool:
    wanted = {f"f:{part}", f"f:{part.rpartition('.')[2]}"}
    return bool(part) and any(name in wanted for name in _names(entry.get("fieldsV1") or {}))


def _names(fields: Any) -> Iterator[str]:  # noqa: ANN401  # nested mappings of any depth
    for name, inner in fields.items():
        yield name
        if isinstance(inner, dict):
            yield from _names(inner)
