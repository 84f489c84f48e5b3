"""One cached view of the cluster for all controllers, with read-your-writes.

Objects handed out are shared: read them, never change them. Whoever uses a view holds the
cluster's lock from `refresh` to the last write, so the cache cannot be behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from sopctl.sandbox.world.ports import ClusterPort, Obj

Key = tuple[str, str]
Index = dict[str, list[Obj]]


class View:
    """Reads of the cluster by resource, and the writes of the controllers."""

    def __init__(self, cluster: ClusterPort) -> None:
        """Start empty; nothing is read before it is asked for."""
        self.cluster = cluster
        self._objects: dict[str, dict[Key, Obj]] = {}
        self._stale: set[str] = set()
        self._versions: dict[str, int] = defaultdict(int)
        self._indexes: dict[tuple[str, str], tuple[int, Index]] = {}
        self._seen = -1
        self._left: int | None = None

    def allow(self, writes: int | None) -> None:
        """Allow the next controller so many writes; None for any number."""
        self._left = writes

    @property
    def spent(self) -> bool:
        """Whether a controller should stop here and go on in the next round.

        A write takes about a millisecond and clients wait for the lock meanwhile, so a controller
        that has hundreds to do (the pods of a dead zone) does them in several rounds.
        """
        return self._left is not None and self._left <= 0

    def refresh(self) -> bool:
        """Notice what others wrote; return whether anything was written at all."""
        if self.cluster.revision == self._seen:
            return False
        self._stale = set(self._objects)
        self._seen = self.cluster.revision
        return True

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

    def index(self, resource: str, name: str, keys: Callable[[Obj], Iterable[str]]) -> Index:
        """Return the objects of a resource by the keys a function gives them, cached."""
        version = self.version(resource)
        known = self._indexes.get((resource, name))
        if known is not None and known[0] == version:
            return known[1]
        built: Index = defaultdict(list)
        for obj in self._table(resource).values():
            for key in keys(obj):
                built[key].append(obj)
        self._indexes[resource, name] = (version, built)
        return built

    def owned(self, resource: str, uid: str) -> list[Obj]:
        """Return the objects whose controller is the owner with this uid."""
        return self.index(resource, "controller", _controller_uids).get(uid, [])

    def on_node(self, node: str) -> list[Obj]:
        """Return the pods bound to a node."""
        return self.index("pods", "node", _node_names).get(node, [])

    def create(self, resource: str, obj: Obj) -> Obj:
        """Create an object and see it from now on."""
        self._table(resource)
        return self._keep(resource, self.cluster.create(resource, obj))

    def update(self, resource: str, obj: Obj, subresource: str = "") -> Obj:
        """Replace an object, or its status."""
        return self._keep(resource, self.cluster.update(resource, obj, subresource))

    def patch(self, resource: str, obj: Obj, patch: Obj, subresource: str = "") -> Obj:
        """Merge a patch into an object."""
        metadata = obj["metadata"]
        answer = self.cluster.patch(
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
        found = {_key(obj): obj for obj in self.cluster.peek(resource)}
        if _fingerprint(found) != _fingerprint(self._objects.get(resource, {})):
            self._versions[resource] += 1
        self._objects[resource] = found
        self._stale.discard(resource)

    def _keep(self, resource: str, obj: Obj) -> Obj:
        table = self._objects.setdefault(resource, {})
        known = table.get(_key(obj))
        table[_key(obj)] = obj
        if known is None or _version(known) != _version(obj):  # the API drops empty changes
            self._wrote(resource)
        return obj

    def _reread(self, resource: str, name: str, namespace: str) -> None:
        left = self.cluster.get(resource, name, namespace)
        if left is None:
            self._objects.get(resource, {}).pop((namespace, name), None)
        else:
            self._objects[resource][namespace, name] = left
        self._wrote(resource)

    def _wrote(self, resource: str) -> None:
        self._versions[resource] += 1
        self._seen = self.cluster.revision
        if self._left is not None:
            self._left -= 1


def _key(obj: Obj) -> Key:
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _fingerprint(table: dict[Key, Obj]) -> dict[Key, str]:
    return {key: _version(obj) for key, obj in table.items()}


def _version(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion", ""))


def _controller_uids(obj: Obj) -> Iterable[str]:
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            yield owner["uid"]


def _node_names(pod: Obj) -> Iterable[str]:
    name = pod["spec"].get("nodeName")
    if name:
        yield name
