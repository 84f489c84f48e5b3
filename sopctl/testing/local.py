"""A small local world for tests: both halves of the sandbox over HTTP, and our real providers.

No controllers run: tests move the world themselves, so nothing changes by itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sopctl.core.clock import Clock
from sopctl.core.codec import Json
from sopctl.core.target import Target
from sopctl.facts.snapshot import Snapshot
from sopctl.facts.world import World
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s
from sopctl.providers.limits import CallNote, Limits
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.eks import CLUSTER
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.aws.front import ACCESS_KEY, AwsFront
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer

TOKEN: Final = "test-token"  # noqa: S105  # of a server on loopback that ends with the test
AGENT: Final = "sopctl/test run/RUN"
START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ENABLED: Final = "k8s.io/cluster-autoscaler/enabled"
OWNED: Final = f"k8s.io/cluster-autoscaler/{CLUSTER}"
QUICK = Limits(connect=5.0, read=10.0, attempts=3, deadline=30.0, writes_per_second=1000.0)
_VOLATILE = ("resourceVersion", "managedFields", "generation")


class Watch:
    """A clock that moves only when told, or when somebody sleeps on it."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=max(0.0, seconds))


class Local:
    """One world: *world* is what actions get; *front* and *kube* count and misbehave on demand."""

    def __init__(self, folder: Path) -> None:
        self.watch = Watch()
        self.cloud = Cloud(self.watch.now)
        self.front = AwsFront(self.cloud)
        self.cluster = Cluster(self.watch.now)
        self.kube = KubeServer(self.cluster, token=TOKEN)
        self.folder = folder
        self._opened: list[Aws | K8s] = []
        self.front.start()
        self.kube.start()
        self.target = self._target()
        self.world = self.connect()

    @property
    def clients(self) -> World:
        return self.world

    def connect(
        self,
        *,
        target: Target | None = None,
        limits: Limits = QUICK,
        on_call: Callable[[CallNote], None] | None = None,
        clock: Clock | None = None,
    ) -> World:
        """New providers and a new snapshot; what is given goes to both providers."""
        where = target or self.target
        clock = clock or self.watch
        aws = Aws(where, clock=clock, limits=limits, agent=AGENT, on_call=on_call)
        k8s = K8s(where, clock=clock, limits=limits, agent=AGENT, on_call=on_call)
        self._opened += [aws, k8s]
        self.world = World(aws=aws, k8s=k8s, facts=Snapshot(aws, k8s))
        return self.world

    def close(self) -> None:
        for each in self._opened:
            each.close()
        self.front.stop()
        self.kube.stop()

    def mutations(self) -> int:
        """Changing calls that the two servers saw."""
        return sum(c.mutating for c in self.front.calls) + sum(c.mutating for c in self.kube.calls)

    def group(
        self,
        name: str,
        *zones: str,
        tags: Mapping[str, tuple[str, bool]] | None = None,
        **more: Any,  # noqa: ANN401  # fields of many types
    ) -> None:
        """A group of the cluster that an autoscaler discovers, unless *tags* say otherwise.

        *more* are fields of ``GroupSpec``.
        """
        own = {ENABLED: ("true", True), OWNED: ("owned", False)} if tags is None else tags
        given = {"min": 0, "max": 10, "desired": 2, **more}
        self.cloud.create_group(GroupSpec(name=name, zones=zones, tags=own, **given))

    def autoscaler(self, *args: str, name: str = "cluster-autoscaler") -> None:
        """A cluster autoscaler's Deployment, which says by which tags groups are found.

        It does nothing.
        """
        given = args or (f"--node-group-auto-discovery=asg:tag={ENABLED},{OWNED}",)
        image = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.36.0"
        container = {
            "name": "cluster-autoscaler",
            "image": image,
            "command": ["./cluster-autoscaler", "--cloud-provider=aws", *given],
        }
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
        metadata = {"name": name, "namespace": "kube-system"}
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
        self.cluster.create("deployments", body)

    def sent(self, operation: str) -> int:
        """How often an AWS operation arrived."""
        return sum(call.operation == operation for call in self.front.calls)

    def dump(self) -> Json:
        """Everything stored on both sides, without what every write moves."""
        kubernetes = json.loads(json.dumps(self.cluster.dump()))
        for kind in kubernetes.values():
            for obj in kind.values():
                for field in _VOLATILE:
                    obj.get("metadata", {}).pop(field, None)
        return {"aws": self.cloud.dump(), "kubernetes": kubernetes}

    def _target(self) -> Target:
        config = self.folder / "aws-config"
        config.write_text(
            f"[default]\nregion = us-east-1\nendpoint_url = {self.front.url}\n"
            f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = sandbox\n"
        )
        kubeconfig = self.folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(self.kubeconfig({"token": TOKEN})))
        return Target(
            name="local",
            region="us-east-1",
            aws_config=str(config),
            kubeconfig=str(kubeconfig),
            account=self.cloud.account,
        )

    def kubeconfig(self, user: dict[str, Any]) -> dict[str, Any]:
        """A kubeconfig for this cluster with the credentials *user*."""
        ca = base64.b64encode(self.kube.ca_pem.encode()).decode()
        cluster = {"server": self.kube.url, "certificate-authority-data": ca}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "local",
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "me"}}],
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "me", "user": user}],
        }


@contextmanager
def local_world(folder: Path) -> Iterator[Local]:
    """A world that is closed at the end."""
    local = Local(folder)
    try:
        yield local
    finally:
        local.close()
