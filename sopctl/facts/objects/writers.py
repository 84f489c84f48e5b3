"""Who wrote an object last besides us: what the API server noted in ``managedFields``.

Source: kubernetes.io, "Server-Side Apply", field management: each entry has a manager, a time and
the fields that it owns. Whoever removes a field owns nothing of it afterwards, so that for a field
that is gone the latest writer is the best guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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


def _owns(entry: Obj, part: str) -> bool:
    wanted = {f"f:{part}", f"f:{part.rpartition('.')[2]}"}
    return bool(part) and any(name in wanted for name in _names(entry.get("fieldsV1") or {}))


def _names(fields: Any) -> Iterator[str]:  # noqa: ANN401  # nested mappings of any depth
    for name, inner in fields.items():
        yield name
        if isinstance(inner, dict):
            yield from _names(inner)
