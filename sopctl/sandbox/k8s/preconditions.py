"""What has to hold before a write: its namespace, and the state that the client assumed.

Source: k8s.io/apiserver pkg/registry/rest/{create,update}.go, pkg/storage/interfaces.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.sandbox.k8s.errors import (
    cause,
    conflict,
    forbidden,
    internal_error,
    invalid,
    not_found,
    stale,
)
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.store import Store

_IMMORTAL = frozenset({"default", "kube-public", "kube-system"})
# A stale write is refused by leaving the version out, too: AllowUnconditionalUpdate is false.
_VERSIONED = frozenset({"leases", "poddisruptionbudgets", "customresourcedefinitions"})


def require_namespace(store: Store, kind: ResourceType, meta: Obj) -> None:
    """Put a namespaced object into a namespace; ApiError 404, or 403 for one that is ending."""
    if not kind.namespaced:
        meta.pop("namespace", None)
        return
    name = meta.setdefault("namespace", "default")
    namespace = store.get("namespaces", ("", name))
    if namespace is None:
        raise not_found("namespaces", name)
    if namespace["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {name} because it is being terminated"
        error = forbidden(kind.resource, meta.get("name", ""), why)
        text = f"namespace {name} is being terminated"
        error.details["causes"] = [cause("NamespaceTerminating", "metadata.namespace", text)]
        raise error


def require_mortal(kind: ResourceType, name: str) -> None:
    """ApiError 403 for a namespace that may not go (admission plugin namespace/lifecycle)."""
    if kind.storage == "namespaces" and name in _IMMORTAL:
        raise forbidden(kind.resource, name, "this namespace may not be deleted")


def require_current(kind: ResourceType, meta: Obj, old: Obj, *, internal: bool) -> None:
    """ApiError 409 for an update that assumed another state, 422 for one that must name it.

    An `internal` write is a controller's, which never leaves the version out by mistake.
    """
    current = old["metadata"]
    if meta.get("uid") not in (None, "", current["uid"]):
        place = "/".join(filter(None, (current.get("namespace", ""), current["name"])))
        why = f"StorageError: invalid object, Code: 4, Key: /registry/{kind.plural}/{place}, "
        why += "ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: "
        why += f"{meta['uid']}, UID in object meta: {current['uid']}"
        raise conflict(kind.resource, current["name"], why)
    version = meta.get("resourceVersion")
    if version and not str(version).isdecimal():
        raise internal_error(f'strconv.ParseUint: parsing "{version}": invalid syntax')
    if version and version != current["resourceVersion"]:
        raise stale(kind.resource, current["name"])
    needed = kind.custom is not None or kind.storage in _VERSIONED
    if not version and needed and not internal:
        text = "Invalid value: 0: must be specified for an update"
        wrong = cause("FieldValueInvalid", "metadata.resourceVersion", text)
        # The store names the resource here, where everybody else names the kind.
        raise invalid(kind.plural, kind.group, current["name"], [wrong])


def require_same(kind: ResourceType, meta: Obj, uid: str | None, version: str | None) -> None:
    """ApiError 409 for a deletion whose preconditions name another uid or resourceVersion."""
    checks: Sequence[tuple[str, str | None, str, str]] = (
        ("UID", uid, meta["uid"], "deleted and then recreated"),
        ("ResourceVersion", version, meta["resourceVersion"], "modified"),
    )
    for name, wanted, given, ended in checks:
        if wanted is not None and wanted != given:
            why = f"the {name} in the precondition ({wanted}) does not match the {name} in "
            why += f"record ({given}). The object might have been {ended}"
            # As above, the other way round.
            qualified = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
            raise conflict(qualified, meta["name"], why)
