"""A Kubernetes API in a dict: enough of the cluster interface for a controller to live on."""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sopctl.sandbox.k8s.errors import already_exists, not_found
from sopctl.sandbox.k8s.objects import Obj

_KINDS = {"pods": "Pod", "nodes": "Node", "deployments": "Deployment", "replicasets": "ReplicaSet"}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeCluster:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lock = threading.RLock()
        self.revision = 0
        self._now = now
        self._ids = itertools.count(1)
        self._tables: dict[str, dict[tuple[str, str], Obj]] = {}

    def get(self, resource: str, name: str, namespace: str = "") -> Obj | None:
        return copy.deepcopy(self._tables.get(resource, {}).get((namespace, name)))

    def list(self, resource: str, namespace: str | None = None) -> list[Obj]:
        table = self._tables.get(resource, {})
        return [copy.deepcopy(o) for (ns, _), o in table.items() if namespace in (None, ns)]

    def create(self, resource: str, obj: Obj) -> Obj:
        obj = copy.deepcopy(obj)
        meta = obj["metadata"]
        number = next(self._ids)
        if "name" not in meta:
            meta["name"] = f"{meta.pop('generateName')}{number:05d}"
        obj.setdefault("kind", _KINDS.get(resource, resource))
        if self.get(resource, meta["name"], meta.get("namespace", "")):
            raise already_exists(resource, meta["name"])
        meta.setdefault("uid", f"uid-{number}")
        meta["creationTimestamp"] = stamp(self._now())
        meta["generation"] = 1
        if resource == "pods":
            obj["spec"].setdefault("terminationGracePeriodSeconds", 30)
            obj.setdefault("status", {"phase": "Pending"})
        return self._put(resource, obj)

    def update(self, resource: str, obj: Obj, subresource: str = "") -> Obj:
        meta = obj["metadata"]
        old = self._need(resource, meta["name"], meta.get("namespace", ""))
        if subresource == "status":
            return self._put(resource, {**old, "status": copy.deepcopy(obj.get("status"))})
        new = copy.deepcopy({**obj, "status": old.get("status", {})})
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] = old["metadata"]["generation"] + 1
        return self._put(resource, new)

    def patch(
        self, resource: str, name: str, patch: Obj, namespace: str = "", subresource: str = ""
    ) -> Obj:
        old = self._need(resource, name, namespace)
        return self.update(resource, merge(old, patch), subresource)

    def delete(
        self,
        resource: str,
        name: str,
        namespace: str = "",
        *,
        grace: int | None = None,
        uid: str | None = None,
    ) -> None:
        old = self._need(resource, name, namespace)
        if grace is None and resource == "pods" and old["spec"].get("nodeName"):
            grace = old["spec"]["terminationGracePeriodSeconds"]
        if not grace:
            self.finish_delete(resource, name, namespace)
            return
        if "deletionTimestamp" not in old["metadata"]:
            until = self._now() + timedelta(seconds=grace)
            old["metadata"]["deletionTimestamp"] = stamp(until)
            old["metadata"]["deletionGracePeriodSeconds"] = grace
            self._put(resource, old)

    def finish_delete(self, resource: str, name: str, namespace: str = "") -> None:
        self._tables[resource].pop((namespace, name), None)
        self.revision += 1

    def _need(self, resource: str, name: str, namespace: str) -> Obj:
        found = self.get(resource, name, namespace)
        if found is None:
            raise not_found(resource, name)
        return found

    def _put(self, resource: str, obj: Obj) -> Obj:
        self.revision += 1
        meta = obj["metadata"]
        meta["resourceVersion"] = str(self.revision)
        key = (meta.get("namespace", ""), meta["name"])
        self._tables.setdefault(resource, {})[key] = obj
        return copy.deepcopy(obj)


def merge(target: Obj, patch: Obj) -> Obj:
    result = dict(target)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result
