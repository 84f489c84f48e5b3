"""The way of a write into the store: defaults, admission, validation, ownership, revision.

Source of the order: k8s.io/apiserver registry/generic/registry/store.go and registry/rest.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from sopctl.sandbox.k8s import (
    defaults,
    filling,
    lifecycle,
    managed,
    preconditions,
    releases,
    validate,
)
from sopctl.sandbox.k8s.errors import already_exists, bad_request, cause, internal_error, not_found
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Key, Obj, key_of, stamp, without_nulls
from sopctl.sandbox.k8s.rules.checking import check_rules
from sopctl.sandbox.k8s.store import Store

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
Mutator = Callable[[ResourceType, Obj, Obj | None, "Write"], Obj]
# Looks at (kind, object or None for a deletion, object before it, write, subresource); refuses
# with an ApiError.
Judge = Callable[[ResourceType, Obj | None, Obj | None, "Write", str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """How a write is to be done, as far as the client can choose.

    `warnings` collects what the client is told in Warning headers, `annotations` what is only
    written into the audit log. `owned` is the field set that
    a server-side apply states; None for a plain write.
    """

    manager: str = "kube-controller-manager"
    user: str = "system:kube-controller-manager"
    groups: tuple[str, ...] = ("system:authenticated",)
    dry_run: bool = False
    validation: Literal["Strict", "Warn", "Ignore"] = "Ignore"
    internal: bool = True
    owned: tuple[managed.Owner, ...] | None = None
    warnings: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What a DELETE asks for (metav1.DeleteOptions)."""

    grace: int | None = None
    uid: str | None = None
    resource_version: str | None = None
    propagation: str | None = None


class Followers(Protocol):
    """Whoever has to act on what was written (`sopctl.sandbox.k8s.cascade`)."""

    def born(self, kind: ResourceType, obj: Obj) -> None:
        """An object was created."""

    def begun(self, kind: ResourceType, obj: Obj) -> None:
        """An object was marked for deletion and is still there."""

    def gone(self, kind: ResourceType, last: Obj) -> None:
        """An object is out of the store."""


# metav1.ObjectMeta: fields tagged omitempty, which Go does not write out when nothing is in them.
_OMITTED = frozenset({"annotations", "finalizers", "labels", "ownerReferences"})


class Writer:
    """All writes of one cluster; every method expects the store's lock to be held."""

    def __init__(self, store: Store, registry: Registry, now: Callable[[], datetime]) -> None:
        self.store = store
        self.registry = registry
        self.now = now
        self.mutators: list[Mutator] = []
        self.judges: list[Judge] = []
        self.followers: Followers | None = None
        # Generated names only have to differ, and a seed makes a drill's report repeatable.
        self._random = random.Random(20260101)  # noqa: S311  # names, not secrets

    def existing(self, kind: ResourceType, key: Key) -> Obj:
        """The stored object, not to be changed; ApiError 404 when there is none."""
        found = self.store.get(kind.storage, key)
        if found is None:
            raise not_found(kind.resource, key[1])
        return found

    def create(self, kind: ResourceType, obj: Obj, write: Write) -> Obj:
        """Store a new object; the stored object (or what it would be, in a dry run)."""
        new = self._decoded(kind, without_nulls(obj), None, write)
        meta = new["metadata"]
        preconditions.require_namespace(self.store, kind, meta)
        if meta.pop("resourceVersion", ""):
            raise internal_error("resourceVersion should not be set on objects to be created")
        sent, new = new, self._admitted(kind, new, None, write)
        meta = new["metadata"]
        self._name(kind, meta)
        if self.store.get(kind.storage, key_of(new)) is not None:
            raise already_exists(kind.resource, meta["name"])
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = stamp(self.now())
        for key in ("deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"):
            meta.pop(key, None)
        lifecycle.prepare_create(kind, new, self.now())
        self._validate(kind, new, None)
        self.judge(kind, new, None, write)
        if write.owned is not None or managed.states_something(sent):
            meta["managedFields"] = self._first(kind, sent, write)
        if write.dry_run:
            return new
        stored = self.store.put(kind.storage, new)
        self._after_write(kind, stored)
        if self.followers is not None:
            self.followers.born(kind, stored)
        return stored

    def update(self, kind: ResourceType, obj: Obj, write: Write, subresource: str = "") -> Obj:
        """Replace an object, or one of its subresources; the stored (or would-be) object."""
        old = self.existing(kind, key_of(obj))
        new = without_nulls(obj, old if kind.custom is None else None)
        preconditions.require_current(kind, new["metadata"], old, internal=write.internal)
        new = self._decoded(kind, new, old, write)
        lifecycle.isolate(kind, new, old, subresource)
        # What admission adds belongs to nobody: who owns what is worked out before it.
        sent = new
        if not subresource:
            new = self._admitted(kind, new, old, write)
        before = managed.kept(old, old if subresource else new)
        new["metadata"]["managedFields"] = before
        if new == old and write.owned is None:
            self.judge(kind, new, old, write, subresource)
            return old
        lifecycle.prepare_update(kind, new, old)
        if new["metadata"] != old["metadata"] or subresource != "status":
            self._validate(kind, new, old, internal=write.internal)
        self.judge(kind, new, old, write, subresource)
        if write.owned is None:
            writer = self._owner(kind, write, subresource)
            new["metadata"]["managedFields"] = before.after(kind.schema, old, sent, writer)
        elif new == old and _timeless(managed.entries_of(write.owned)) == _timeless(before.plain()):
            return old
        else:
            new["metadata"]["managedFields"] = managed.Ownership(write.owned)
        if write.dry_run:
            return new
        return self._stored(kind, new)

    def delete(self, kind: ResourceType, key: Key, deletion: Deletion, write: Write) -> Obj:
        """Delete an object or mark it for deletion; its last state.

        An object that still exists afterwards carries a deletionTimestamp.
        """
        old = self.existing(kind, key)
        preconditions.require_mortal(kind, key[1])
        preconditions.require_same(kind, old["metadata"], deletion.uid, deletion.resource_version)
        self.judge(kind, None, old, write)
        new: Obj = {**old, "metadata": dict(old["metadata"])}
        lifecycle.mark_deleted(kind, new, deletion.grace, deletion.propagation, self.now())
        gone = lifecycle.is_finished(kind, new)
        if write.dry_run:
            return old if gone else new
        if gone:
            return self.remove(kind, key)
        if new == old:
            return old
        marked = self._stored(kind, new)
        if self.followers is not None:
            self.followers.begun(kind, marked)
        return marked

    def judge(
        self, kind: ResourceType, obj: Obj | None, old: Obj | None, write: Write, path: str = ""
    ) -> None:
        """Ask everybody who may refuse a write or, where there is no `obj`, a deletion."""
        for judge in self.judges:
            judge(kind, obj, old, write, path)

    def remove(self, kind: ResourceType, key: Key) -> Obj:
        """Take an object out of the store at once; its last state."""
        last = self.store.remove(kind.storage, key)
        if last is None:
            raise not_found(kind.resource, key[1])
        if kind.storage == "customresourcedefinitions":
            self._drop_custom(last)
        if self.followers is not None:
            self.followers.gone(kind, last)
        return last

    def _stored(self, kind: ResourceType, new: Obj) -> Obj:
        if lifecycle.is_finished(kind, new):
            self.store.put(kind.storage, new)
            return self.remove(kind, key_of(new))
        stored = self.store.put(kind.storage, new)
        self._after_write(kind, stored)
        return stored

    def _decoded(self, kind: ResourceType, obj: Obj, old: Obj | None, write: Write) -> Obj:
        typed = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}}
        obj = {**typed, **obj, "apiVersion": kind.api_version, "kind": kind.kind}
        if kind.custom is None and "spec" in kind.schema.get("properties", {}):
            # Go writes structs out even when nothing is in them, and JSON patches rely on it.
            obj.setdefault("spec", {})
        found = validate.check_structure(kind, obj, old)
        if kind.custom is None:
            found.unknown += releases.drop_newer(self.registry.release, kind.storage, obj)
        if found.unknown:
            texts = [f'unknown field "{path}"' for path in found.unknown]
            if write.validation == "Strict":
                # The client names the object; the server only says what it could not decode.
                raise bad_request(
                    f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
                    f"strict decoding error: {', '.join(texts)}"
                )
            if write.validation == "Warn":
                write.warnings.extend(texts)
            obj = filling.prune(kind.schema, obj)
        if kind.custom is None:
            defaults.apply_defaults(kind.storage, obj)
            if "status" in obj and (old is None or obj["status"] != old.get("status")):
                filling.spell_out_zeros(kind.schema["properties"]["status"], obj["status"])
        else:
            filling.fill_schema_defaults(kind.schema, obj)
        obj["metadata"] = {k: v for k, v in obj["metadata"].items() if v or k not in _OMITTED}
        return obj

    def _admitted(self, kind: ResourceType, new: Obj, old: Obj | None, write: Write) -> Obj:
        for mutate in self.mutators:
            mutated = mutate(kind, new, old, write)
            if mutated is not new:
                new = self._decoded(kind, mutated, old, write)
        return new

    def _validate(
        self, kind: ResourceType, new: Obj, old: Obj | None, *, internal: bool = True
    ) -> None:
        causes = check_rules(kind, new, old)
        if causes and not (internal and lifecycle.only_binds(kind, new, old)):
            raise validate.invalid_object(kind, new, causes)

    def _first(self, kind: ResourceType, new: Obj, write: Write) -> managed.Ownership:
        if write.owned is not None:
            return managed.Ownership(write.owned)
        return managed.born(kind.schema, new, self._owner(kind, write, ""))

    def _owner(self, kind: ResourceType, write: Write, subresource: str) -> managed.Owner:
        return managed.Owner(
            manager=write.manager,
            operation="Update",
            api_version=kind.api_version,
            subresource=subresource,
            time=stamp(self.now()),
        )

    def _name(self, kind: ResourceType, meta: Obj) -> None:
        if meta.get("name"):
            return
        if not meta.get("generateName"):
            text = "Required value: name or generateName is required"
            raise validate.invalid_object(
                kind, {"metadata": meta}, [cause("FieldValueRequired", "metadata.name", text)]
            )
        suffix = "".join(self._random.choice(_SUFFIX) for _ in range(5))
        meta["name"] = meta["generateName"] + suffix

    def _after_write(self, kind: ResourceType, stored: Obj) -> None:
        if kind.storage == "customresourcedefinitions":
            self.registry.define(stored)

    def _drop_custom(self, definition: Obj) -> None:
        plural, group = definition["spec"]["names"]["plural"], definition["spec"]["group"]
        kinds = [k for k in self.registry.types() if (k.plural, k.group) == (plural, group)]
        for kind in kinds:
            for key in list(self.store.table(kind.storage)):
                self.store.remove(kind.storage, key)
        self.registry.forget(definition["metadata"]["name"])


def _timeless(entries: list[Obj]) -> list[Obj]:
    return [{key: value for key, value in item.items() if key != "time"} for item in entries]
