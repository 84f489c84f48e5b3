"""One cluster's API state, as controllers use it: without HTTP, by plural name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from sopctl.sandbox.k8s import releases
from sopctl.sandbox.k8s.admission import Priorities
from sopctl.sandbox.k8s.builtin_roles import builtin_roles
from sopctl.sandbox.k8s.cascade import Cascade
from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.escalation import Escalation
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.kyverno import KyvernoPolicies
from sopctl.sandbox.k8s.mutating import MutatingPolicies
from sopctl.sandbox.k8s.objects import Key, Obj, clone, key_of
from sopctl.sandbox.k8s.patch import merge_patch
from sopctl.sandbox.k8s.schedwebhook import SchedulingPolicies
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.tokens import Tokens
from sopctl.sandbox.k8s.validating import ValidatingPolicies
from sopctl.sandbox.k8s.writer import Deletion, Write, Writer

__all__ = ["ApiError", "Cluster", "Obj", "Write"]

SYSTEM_PRIORITIES = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
SYSTEM_NAMESPACES = ("kube-system", "default", "kube-public", "kube-node-lease")


class Cluster:
    """An API server's state.

    `now` gives creation and deletion times. `version` is `major.minor` and decides what is
    served (`sopctl.sandbox.k8s.releases`). Every public method takes `lock`; hold it over
    several calls to make them one. What the methods return is the caller's own copy.
    """

    def __init__(self, now: Callable[[], datetime], version: str = releases.DEFAULT) -> None:
        self.lock = threading.RLock()
        self.now = now
        self.version = version
        self.registry = Registry(version)
        self.store = Store(self.lock)
        self.writer = Writer(self.store, self.registry, now)
        self.writer.mutators += [
            Priorities(self.store),
            MutatingPolicies(self.store, self.registry),
            KyvernoPolicies(self.store, self.registry),
            SchedulingPolicies(self.store),
        ]
        self.writer.judges += [
            Escalation(self.store),
            ValidatingPolicies(self.store, self.registry),
        ]
        self.writer.followers = Cascade(self.writer)
        self.tokens = Tokens(self.store, now)
        self.shared = Shared(self.lock, self.registry, self.writer)
        self._initialise()

    def _initialise(self) -> None:
        for name, value in SYSTEM_PRIORITIES.items():
            self.create("priorityclasses", {"metadata": {"name": name}, "value": value})
        for resource, obj in builtin_roles(self.registry):
            self.create(resource, obj)
        for name in SYSTEM_NAMESPACES:
            self.create("namespaces", {"metadata": {"name": name}})

    @property
    def revision(self) -> int:
        """Grows with every write; a controller that finds it unchanged has nothing to do."""
        return self.store.revision

    def get(self, resource: str, name: str, namespace: str = "") -> Obj | None:
        """One object, or None."""
        with self.lock:
            kind = self.registry.named(resource)
            key = _key(kind, name, namespace)
            found = self.store.get(kind.storage, key)
            return None if found is None else self.store.copy(kind.storage, key)

    def list(self, resource: str, namespace: str | None = None) -> list[Obj]:
        """All objects of a resource in name order, those of one namespace unless it is None."""
        with self.lock:
            storage = self.registry.named(resource).storage
            keys = [key for key, _ in self.store.sorted(storage, namespace)]
            return [self.store.copy(storage, key) for key in keys]

    def peek(self, resource: str, namespace: str | None = None) -> tuple[Obj, ...]:
        """Like `list`, but the stored objects themselves: fast, and never to be changed."""
        with self.lock:
            storage = self.registry.named(resource).storage
            return tuple(obj for _, obj in self.store.sorted(storage, namespace))

    def create(self, resource: str, obj: Obj, write: Write | None = None) -> Obj:
        """Create an object with the API's defaults, admission and validation.

        Raises ApiError 409 when it exists, 404 when its namespace does not, 422 when it is wrong.
        As with the real API, `status` is dropped for kinds that have a status subresource, except
        nodes and namespaces; write it with `update(..., subresource="status")`.
        """
        with self.lock:
            kind = self.registry.named(resource)
            return _copy(self.writer.create(kind, obj, write or Write()))

    def update(
        self, resource: str, obj: Obj, subresource: str = "", write: Write | None = None
    ) -> Obj:
        """Replace an object, or only its status when `subresource` is `status`.

        Raises ApiError 404, 409 for an outdated resourceVersion or another uid, 422.
        """
        with self.lock:
            kind = self.registry.named(resource)
            return _copy(self.writer.update(kind, obj, write or Write(), subresource))

    def patch(
        self, resource: str, name: str, patch: Obj, namespace: str = "", subresource: str = ""
    ) -> Obj:
        """Apply a JSON merge patch to an object or its status."""
        return _copy(self.shared.patch(resource, name, patch, namespace, subresource))

    def delete(
        self,
        resource: str,
        name: str,
        namespace: str = "",
        *,
        grace: int | None = None,
        uid: str | None = None,
    ) -> None:
        """Delete an object; ApiError 404 when there is none, 409 when it has another uid.

        A pod on a node keeps existing with a deletionTimestamp until `finish_delete`, unless
        `grace` is 0; so does anything with finalizers until they are gone.
        """
        with self.lock:
            kind = self.registry.named(resource)
            wanted = Deletion(grace=grace, uid=uid)
            self.writer.delete(kind, _key(kind, name, namespace), wanted, Write())

    def finish_delete(self, resource: str, name: str, namespace: str = "") -> None:
        """The kubelet's word that a terminating object has stopped: it goes, finalizers or not."""
        with self.lock:
            kind = self.registry.named(resource)
            self.writer.remove(kind, _key(kind, name, namespace))

    def dump(self, kinds: Collection[str] | None = None) -> Obj:
        """What is stored as {resource: {"namespace/name": object}}, for comparing worlds.

        Everything, or of some `kinds` only.
        """
        with self.lock:
            return {
                storage: {"/".join(key): self.store.copy(storage, key) for key in sorted(table)}
                for storage in sorted(self.store.storages())
                if kinds is None or storage in kinds
                if (table := self.store.table(storage))
            }


class Shared:
    """The same cluster for controllers, which read far more than they change.

    Objects are those in the store: whoever gets one never changes it, and hands parts of it back
    in what it writes. What did not change is then neither copied nor checked nor compared.
    """

    def __init__(self, lock: threading.RLock, registry: Registry, writer: Writer) -> None:
        self._lock = lock
        self._registry = registry
        self._writer = writer

    def get(self, resource: str, name: str, namespace: str = "") -> Obj | None:
        """One stored object, or None."""
        with self._lock:
            kind = self._registry.named(resource)
            return self._writer.store.get(kind.storage, _key(kind, name, namespace))

    def written(self, since: int, resources: Iterable[str]) -> list[tuple[str, Key]] | None:
        """Which objects of these resources were written after a revision; None: forgotten."""
        with self._lock:
            names = {self._registry.named(each).storage: each for each in resources}
            try:
                events = self._writer.store.after(since)
            except ApiError:
                return None
            rows = ((names[e.storage], key_of(e.obj)) for e in events if e.storage in names)
            return list(dict.fromkeys(rows))

    def create(self, resource: str, obj: Obj) -> Obj:
        """Create an object as `Cluster.create` does."""
        with self._lock:
            return self._writer.create(self._registry.named(resource), obj, Write())

    def update(self, resource: str, obj: Obj, subresource: str = "") -> Obj:
        """Replace an object, or its status, as `Cluster.update` does."""
        with self._lock:
            return self._writer.update(self._registry.named(resource), obj, Write(), subresource)

    def patch(
        self, resource: str, name: str, patch: Obj, namespace: str = "", subresource: str = ""
    ) -> Obj:
        """Apply a JSON merge patch to an object or its status."""
        with self._lock:
            kind = self._registry.named(resource)
            old = self._writer.existing(kind, _key(kind, name, namespace))
            return self._writer.update(kind, merge_patch(old, patch), Write(), subresource)


def _key(kind: ResourceType, name: str, namespace: str) -> tuple[str, str]:
    return (namespace if kind.namespaced else "", name)


def _copy(obj: Obj) -> Obj:
    copied: Obj = clone(obj)
    return copied
