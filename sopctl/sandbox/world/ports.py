"""What the world needs from the two API halves: a cluster and a cloud.

Protocols, because a controller is tested on a small world in memory and runs on the real one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeAlias

# A Kubernetes object is JSON, and the simulator stores it as JSON: typing every kind would be
# a second copy of the Kubernetes schema, and would lose the fields it does not know.
Obj: TypeAlias = dict[str, Any]


class ClusterPort(Protocol):
    """The Kubernetes half, seen by a controller (`sopctl.sandbox.k8s.cluster.Cluster`)."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held over several calls when a controller decides on what it has just read."""

    @property
    def revision(self) -> int:
        """Grows with every write."""

    def get(self, resource: str, name: str, namespace: str = "") -> Obj | None:
        """Return a copy of one object, or None."""

    def list(self, resource: str, namespace: str | None = None) -> list[Obj]:
        """Return copies of all objects of a resource."""

    def create(self, resource: str, obj: Obj) -> Obj:
        """Store a new object as the API would, admission included."""

    def update(self, resource: str, obj: Obj, subresource: str = "") -> Obj:
        """Replace an object, or only its status."""

    def patch(
        self, resource: str, name: str, patch: Obj, namespace: str = "", subresource: str = ""
    ) -> Obj:
        """Apply a JSON merge patch."""

    def delete(
        self,
        resource: str,
        name: str,
        namespace: str = "",
        *,
        grace: int | None = None,
        uid: str | None = None,
    ) -> None:
        """Delete an object; a pod with a grace period stays until `finish_delete`."""

    def finish_delete(self, resource: str, name: str, namespace: str = "") -> None:
        """Remove an object that was waiting for its end."""


class ZonePort(Protocol):
    """An availability zone: its name (per account) and its id (the same in every account)."""

    @property
    def name(self) -> str: ...
    @property
    def id(self) -> str: ...


class InstancePort(Protocol):
    """One instance of a group."""

    @property
    def id(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def lifecycle(self) -> str: ...
    @property
    def launched(self) -> datetime: ...
    @property
    def health(self) -> str: ...


class GroupPort(Protocol):
    """One Auto Scaling group. Tags map a key to (value, propagate at launch)."""

    @property
    def name(self) -> str: ...
    @property
    def zones(self) -> Sequence[str]: ...
    @property
    def min(self) -> int: ...
    @property
    def max(self) -> int: ...
    @property
    def desired(self) -> int: ...
    @property
    def tags(self) -> Mapping[str, tuple[str, bool]]: ...
    @property
    def instances(self) -> Sequence[InstancePort]: ...
    @property
    def instance_types(self) -> Sequence[str]: ...
    @property
    def spot(self) -> bool: ...


class CloudPort(Protocol):
    """The AWS half, seen by the world (`sopctl.sandbox.aws.cloud.Cloud`)."""

    @property
    def lock(self) -> AbstractContextManager[Any]: ...
    @property
    def zones(self) -> Sequence[ZonePort]: ...
    def groups(self) -> Sequence[GroupPort]:
        """Return every Auto Scaling group with its instances."""

    def set_desired(self, name: str, n: int) -> None:
        """Set the desired capacity of a group."""

    def terminate(self, instance_id: str) -> None:
        """Terminate an instance and lower the desired capacity by one."""

    def tick(self) -> None:
        """Bring every group one step nearer to its desired capacity."""

    def fail_instances(self, zone: str) -> None:
        """Impair every instance of a zone."""

    def heal_instances(self, zone: str) -> None:
        """End the impairment."""
