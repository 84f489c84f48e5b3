"""The built-in admission plugins that incident work meets, beside the policies."""

from __future__ import annotations

from sopctl.sandbox.k8s.errors import forbidden
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.writer import Write


class Priorities:
    """The Priority admission plugin: a pod's class becomes a number."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, kind: ResourceType, new: Obj, old: Obj | None, _: Write) -> Obj:
        """The pod with its priority; ApiError 403 for a class that does not exist."""
        name = new.get("spec", {}).get("priorityClassName")
        if kind.storage != "pods" or old is not None or not name:
            return new
        found = self._store.get("priorityclasses", ("", name))
        if found is None:
            why = f"no PriorityClass with name {name} was found"
            raise forbidden(kind.resource, new["metadata"].get("name", ""), why)
        policy = found.get("preemptionPolicy", "PreemptLowerPriority")
        spec = {**new["spec"], "priority": found.get("value", 0), "preemptionPolicy": policy}
        return {**new, "spec": spec}
