"""What the world needs from the two API halves: a cluster and a cloud.

Protocols, because a controller is tested on a small world in memory and runs on the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

from sopctl.sandbox.aws.fleet import BalancerSpec, Group, GroupSpec, Instance, LaunchOrder, Zone
from sopctl.sandbox.aws.notices import Notice
from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.objects import Key, Obj

__all__ = [
    "ApiError",
    "BalancerSpec",
    "CloudPort",
    "ClusterPort",
    "Group",
    "Instance",
    "LaunchOrder",
    "Notice",
    "Obj",
    "Shifting",
    "cluster_shifts",
    "shifts_of",
]


class SharedPort(Protocol):
    """Objects of the store themselves, read and written (`sopctl.sandbox.k8s.cluster.Shared`)."""

    def written(self, since: int, resources: Iterable[str]) -> list[tuple[str, Key]] | None:
        """Return (resource, key) of what was written after a revision; None: forgotten."""

    def get(self, resource: str, name: str, namespace: str = "") -> Obj | None:
        """Return one object, or None."""

    def create(self, resource: str, obj: Obj) -> Obj:
        """Store a new object as the API would, admission included; ApiError when refused."""

    def update(self, resource: str, obj: Obj, subresource: str = "") -> Obj:
        """Replace an object, or only its status."""

    def patch(
        self, resource: str, name: str, patch: Obj, namespace: str = "", subresource: str = ""
    ) -> Obj:
        """Apply a JSON merge patch."""


class ClusterPort(Protocol):
    """The Kubernetes half, seen by a controller (`sopctl.sandbox.k8s.cluster.Cluster`)."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held over several calls when a controller decides on what it has just read."""

    @property
    def revision(self) -> int:
        """Grows with every write."""

    @property
    def shared(self) -> SharedPort:
        """The cluster for whoever never changes what it is given."""

    def get(self, resource: str, name: str, namespace: str = "") -> Obj | None:
        """Return a copy of one object, or None."""

    def peek(self, resource: str, namespace: str | None = None) -> Sequence[Obj]:
        """Return the stored objects of a resource themselves, never to be changed."""

    def create(self, resource: str, obj: Obj) -> Obj:
        """Store a new object as the API would, admission included; ApiError when refused."""

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


@runtime_checkable
class Shifting(Protocol):
    """An AWS half that knows Application Recovery Controller's zonal shifts may offer them."""

    def zonal_shifts(self) -> Mapping[str, frozenset[str]]:
        """Return the shifts in force: ARN of the resource -> *names* of the zones left."""


def shifts_of(cloud: object) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return the zonal shifts in force by ARN; none when the AWS half knows no shifts."""
    return tuple(sorted(cloud.zonal_shifts().items())) if isinstance(cloud, Shifting) else ()


def cluster_shifts(cloud: object) -> frozenset[str]:
    """Return the names of the zones that the EKS cluster itself is shifted away from."""
    found = (zones for arn, zones in shifts_of(cloud) if ":eks:" in arn)
    return frozenset().union(*found)


class NoticePort(Protocol):
    """The queue that a termination handler listens to."""

    def plant(self) -> str:
        """Set it up for groups of our own, with rules and lifecycle hooks; its URL."""

    def take(self) -> Sequence[Notice]:
        """What it holds now; it is gone then."""

    def proceed(self, notice: Notice) -> None:
        """Let an instance that waits for its lifecycle hook go on."""


class CloudPort(Protocol):
    """The AWS half, seen by the world (`sopctl.sandbox.aws.cloud.Cloud`)."""

    launchable: Callable[[str], bool]

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held over several calls."""

    @property
    def region(self) -> str:
        """The region, such as us-east-1."""

    @property
    def zones(self) -> Sequence[Zone]:
        """The zones of the region."""

    @property
    def notices(self) -> NoticePort:
        """The queue of a termination handler."""

    def groups(self) -> Sequence[Group]:
        """Return every Auto Scaling group with its instances."""

    def create_group(self, spec: GroupSpec) -> object:
        """Create a group; its instances are launched by `tick`."""

    def launch(self, order: LaunchOrder) -> Instance | None:
        """Launch an instance that belongs to no group; None where there is no room for it."""

    def loose(self) -> Sequence[Instance]:
        """Return the instances that belong to no group."""

    def end(self, instance_id: str) -> None:
        """Terminate an instance that belongs to no group."""

    def create_balancer(self, spec: BalancerSpec) -> None:
        """Create a load balancer that belongs to the cluster."""

    def create_nodegroup(self, spec: GroupSpec) -> object:
        """Create a managed node group, with a group behind it."""

    def enable_auto_mode(self) -> None:
        """Let EKS run the nodes of the cluster itself."""

    def throttle_calls(self) -> None:
        """Throttle calls as AWS documents it."""

    def let_shift_cluster(self) -> None:
        """Enable zonal shift for the cluster."""

    def set_desired(self, name: str, n: int) -> None:
        """Set the desired capacity of a group."""

    def terminate(self, instance_id: str) -> None:
        """Terminate an instance and lower the desired capacity of its group."""

    def tick(self) -> None:
        """Bring every group one step nearer to its desired capacity."""

    def fail_instances(self, zone: str) -> None:
        """Impair every instance of a zone."""

    def heal_instances(self, zone: str) -> None:
        """End the impairment."""
