"""One cached view of the cluster for all controllers, with read-your-writes.

Objects handed out are shared: read them, never change them. Whoever uses a view holds the
cluster's lock from `refresh` to the last write, so the cache cannot be behind.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from itertools import islice

from sopctl.sandbox.world.index import Change, Index, Key, Keys, key_of
from sopctl.sandbox.world.ports import ClusterPort, Obj

_REMEMBERED = 20_000  # changes of a resource that a controller may look back over


class View:
    """Reads of the cluster by resource, and the writes of the controllers."""

    def __init__(self, cluster: ClusterPort) -> None:
        """Start empty; nothing is read before it is asked for."""
        self.cluster = cluster
        self._objects: dict[str, dict[Key, Obj]] = {}
        self._stale: set[str] = set()
        self._versions: dict[str, int] = defaultdict(int)
        self._changes: dict[str, deque[Change]] = {}
        self._indexes: dict[str, dict[str, Index]] = defaultdict(dict)
        self._seen = -1
        self._left: int | None = None

    def allow(self, writes: int | None) -> None:
        """Allow the next controller so many writes; None for any number."""
        self._left = writes

    @property
    def spent(self) -> bool:
        """Whether a controller should stop here and go on in the next round.

        A write takes a quarter of a millisecond and clients wait for the lock meanwhile, so a
        controller that has hundreds to do (the pods of a dead zone) does them in several rounds.
        """
        return self._left is not None and self._left <= 0

    def refresh(self) -> bool:
        """Notice what others wrote; return whether anything was written at all."""
        if self.cluster.revision == self._seen:
            return False
        written = self.cluster.shared.written(self._seen, self._objects)
        if written is None:
            self._stale = set(self._objects)
        for resource, key in written or ():
            if resource not in self._stale:
                self._see(resource, key)
        self._seen = self.cluster.revision
        return True

    def _see(self, resource: str, key: Key) -> None:
        """Take over one object as it is now."""
        old = self._objects[resource].get(key)
        new = self.cluster.shared.get(resource, key[1], key[0])
        if old is not new:
            self._put(resource, key, new)

    def all(self, resource: str) -> list[Obj]:
        """Return every object of a resource, in all namespaces."""
        return list(self._table(resource).values())

    def get(self, resource: str, name: str, namespace: str = "") -> Obj | None:
        """Return one object, or None."""
        return self._table(resource).get((namespace, name))

    def version(self, resource: str) -> int:
        """Return a number that changes whenever any object of this resource does."""
        self._table(resource)
        return self._versions[resource]

    def changes(self, resource: str, since: int) -> list[Change] | None:
        """Return what happened after a version, in order; None when that is forgotten."""
        missed = self.version(resource) - since
        known = self._changes.get(resource, deque())
        if missed > len(known):
            return None
        return list(islice(reversed(known), missed))[::-1]

    def lookup(self, resource: str, name: str, keys: Keys, key: str) -> list[Obj]:
        """Return the objects to which a function gives a key; `name` tells the functions apart."""
        table = self._table(resource)
        index = self._indexes[resource].get(name)
        if index is None:
            index = self._indexes[resource][name] = Index(keys)
            for place, obj in table.items():
                index.put(place, obj)
        return index.get(key)

    def owned(self, resource: str, uid: str) -> list[Obj]:
        """Return the objects whose controller is the owner with this uid."""
        return self.lookup(resource, "controller", _controller_uids, uid)

    def on_node(self, node: str) -> list[Obj]:
        """Return the pods bound to a node; those bound to none for an empty name."""
        return self.lookup("pods", "node", _node_names, node)

    def create(self, resource: str, obj: Obj) -> Obj:
        """Create an object and see it from now on."""
        self._table(resource)
        return self._keep(resource, self.cluster.shared.create(resource, obj))

    def update(self, resource: str, obj: Obj, subresource: str = "") -> Obj:
        """Replace an object, or its status."""
        return self._keep(resource, self.cluster.shared.update(resource, obj, subresource))

    def patch(self, resource: str, obj: Obj, patch: Obj, subresource: str = "") -> Obj:
        """Merge a patch into an object."""
        metadata = obj["metadata"]
        answer = self.cluster.shared.patch(
            resource, metadata["name"], patch, metadata.get("namespace", ""), subresource
        )
        return self._keep(resource, answer)

    def set_status(self, resource: str, obj: Obj, status: Obj) -> Obj:
        """Write a status if it differs."""
        if obj.get("status") == status:
            return obj
        return self.update(resource, {**obj, "status": status}, "status")

    def delete(self, resource: str, obj: Obj, *, grace: int | None = None) -> None:
        """Delete an object; a pod may stay, terminating."""
        metadata = obj["metadata"]
        name, namespace = metadata["name"], metadata.get("namespace", "")
        self.cluster.delete(resource, name, namespace, grace=grace, uid=metadata["uid"])
        self._reread(resource, name, namespace)

    def finish_delete(self, resource: str, obj: Obj) -> None:
        """Remove an object that was terminating."""
        metadata = obj["metadata"]
        name, namespace = metadata["name"], metadata.get("namespace", "")
        self.cluster.finish_delete(resource, name, namespace)
        self._reread(resource, name, namespace)

    def _table(self, resource: str) -> dict[Key, Obj]:
        if resource not in self._objects or resource in self._stale:
            self._read(resource)
        return self._objects[resource]

    def _read(self, resource: str) -> None:
        found = {key_of(obj): obj for obj in self.cluster.peek(resource)}
        known = self._objects.setdefault(resource, {})
        self._stale.discard(resource)
        for key in [each for each in known if each not in found]:
            self._put(resource, key, None)
        for key, obj in found.items():
            old = known.get(key)
            if old is None or _version(old) != _version(obj):
                self._put(resource, key, obj)

    def _keep(self, resource: str, obj: Obj) -> Obj:
        key = key_of(obj)
        known = self._table(resource).get(key)
        if known is None or _version(known) != _version(obj):  # the API drops empty changes
            self._put(resource, key, obj)
            self._wrote()
        return obj

    def _reread(self, resource: str, name: str, namespace: str) -> None:
        self._put(resource, (namespace, name), self.cluster.shared.get(resource, name, namespace))
        self._wrote()

    def _put(self, resource: str, key: Key, obj: Obj | None) -> None:
        """Let an object be another, or none, everywhere it is known by."""
        table = self._objects.setdefault(resource, {})
        old = table.pop(key, None) if obj is None else table.get(key)
        if obj is not None:
            table[key] = obj
        for index in self._indexes[resource].values():
            index.put(key, obj)
        changes = self._changes.setdefault(resource, deque(maxlen=_REMEMBERED))
        changes.append(Change(key=key, old=old, new=obj))
        self._versions[resource] += 1

    def _wrote(self) -> None:
        # What a write led to besides (a namespace's content, dependents) is seen at the next look.
        if self.cluster.revision == self._seen + 1:
            self._seen += 1
        if self._left is not None:
            self._left -= 1


def _version(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion", ""))


def _controller_uids(obj: Obj) -> Iterable[str]:
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            yield owner["uid"]


def _node_names(pod: Obj) -> Iterable[str]:
    return (pod["spec"].get("nodeName") or "",)
