"""What follows a write: what a namespace is born with, and what a deletion takes with it.

In a real cluster controllers do this a moment later. Here it belongs to the API, because without
it a deleted namespace would stay Terminating wherever no controllers run. Deleting dependents in
the background, the default, stays the controllers' work.
"""

from __future__ import annotations

from collections.abc import Iterator

from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Key, Obj, clone, dig, key_of
from sopctl.sandbox.k8s.writer import Deletion, Write, Writer

_ORPHAN = "orphan"
_FOREGROUND = "foregroundDeletion"


class Cascade:
    """Follows deletions; the writer calls it with what begins to go and with what is gone."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._store = writer.store

    def born(self, kind: ResourceType, obj: Obj) -> None:
        """An object was created: a namespace comes with its service account."""
        if kind.storage == "namespaces":
            accounts = self._writer.registry.named("serviceaccounts")
            meta = {"name": "default", "namespace": obj["metadata"]["name"]}
            self._writer.create(accounts, {"metadata": meta}, Write())

    def begun(self, kind: ResourceType, obj: Obj) -> None:
        """An object was marked for deletion and is still there."""
        if kind.storage == "namespaces":
            for inner, key in list(self._content(obj["metadata"]["name"])):
                self._delete(inner, key)
            self._end_namespace(obj["metadata"]["name"])
        finalizers = obj["metadata"].get("finalizers", ())
        if _ORPHAN in finalizers:
            for inner, dependent in list(self._dependents(obj)):
                self._orphan(inner, dependent, obj["metadata"]["uid"])
            self._drop_finalizer(kind, key_of(obj), _ORPHAN)
        elif _FOREGROUND in finalizers:
            for inner, dependent in list(self._dependents(obj)):
                self._delete(inner, key_of(dependent))
            self._end_foreground(kind, key_of(obj))

    def gone(self, kind: ResourceType, last: Obj) -> None:
        """An object is out of the store: whoever waited for it may follow."""
        meta = last["metadata"]
        if meta.get("namespace"):
            self._end_namespace(meta["namespace"])
        for reference in meta.get("ownerReferences") or ():
            owning = self._writer.registry.of_kind(reference["apiVersion"], reference["kind"])
            if owning is not None:
                namespace = meta["namespace"] if owning.namespaced and kind.namespaced else ""
                self._end_foreground(owning, (namespace, reference["name"]))

    def _content(self, namespace: str) -> Iterator[tuple[ResourceType, Key]]:
        for storage in self._store.storages():
            for key in self._store.table(storage):
                if key[0] == namespace:
                    yield self._writer.registry.named(storage), key

    def _dependents(self, owner: Obj) -> Iterator[tuple[ResourceType, Obj]]:
        uid = owner["metadata"]["uid"]
        for storage in self._store.storages():
            for obj in self._store.table(storage).values():
                references = obj["metadata"].get("ownerReferences") or ()
                if any(reference.get("uid") == uid for reference in references):
                    yield self._writer.registry.named(storage), obj

    def _delete(self, kind: ResourceType, key: Key) -> None:
        found = self._store.get(kind.storage, key)
        if found is not None and not found["metadata"].get("deletionTimestamp"):
            self._writer.delete(kind, key, Deletion(), Write())

    def _orphan(self, kind: ResourceType, dependent: Obj, uid: str) -> None:
        freed: Obj = clone(dependent)
        references = freed["metadata"]["ownerReferences"]
        kept = [reference for reference in references if reference.get("uid") != uid]
        freed["metadata"]["ownerReferences"] = kept or None
        self._writer.update(kind, freed, Write())

    def _end_namespace(self, name: str) -> None:
        namespace = self._store.get("namespaces", ("", name))
        if namespace is None or not namespace["metadata"].get("deletionTimestamp"):
            return
        if "kubernetes" in (dig(namespace, "spec", "finalizers") or ()):
            if next(self._content(name), None) is not None:
                return
            ended: Obj = clone(namespace)
            ended["spec"]["finalizers"].remove("kubernetes")
            kind = self._writer.registry.named("namespaces")
            self._writer.update(kind, ended, Write(), "finalize")

    def _end_foreground(self, kind: ResourceType, key: Key) -> None:
        owner = self._store.get(kind.storage, key)
        if owner is None or _FOREGROUND not in owner["metadata"].get("finalizers", ()):
            return
        if next(self._dependents(owner), None) is None:
            self._drop_finalizer(kind, key, _FOREGROUND)

    def _drop_finalizer(self, kind: ResourceType, key: Key, finalizer: str) -> None:
        found = self._store.get(kind.storage, key)
        if found is not None and finalizer in found["metadata"].get("finalizers", ()):
            freed: Obj = clone(found)
            freed["metadata"]["finalizers"].remove(finalizer)
            self._writer.update(kind, freed, Write())
