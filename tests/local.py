"""A small local world for tests: both halves of the sandbox over HTTP, and our real providers.

No controllers run: tests move the world themselves, so nothing changes by itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sopctl.core.codec import Json
from sopctl.core.target import Target
from sopctl.facts.snapshot import Snapshot
from sopctl.facts.world import World
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s
from sopctl.providers.limits import Limits
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.eks import CLUSTER
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.aws.front import ACCESS_KEY, AwsFront
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer

TOKEN = "test-token"
START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
ENABLED = "k8s.io/cluster-autoscaler/enabled"
OWNED = f"k8s.io/cluster-autoscaler/{CLUSTER}"
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
        self.front.start()
        self.kube.start()
        self.target = self._target()
        self.world = self.connect()

    @property
    def clients(self) -> World:
        return self.world

    def connect(self, **changes: Any) -> World:
        """New providers and a new snapshot; *changes* go to both providers."""
        given = {"clock": self.watch, "limits": QUICK, "agent": "sopctl/test run/RUN", **changes}
        target = given.pop("target", self.target)
        aws, k8s = Aws(target, **given), K8s(target, **given)
        self._opened = [*getattr(self, "_opened", []), aws, k8s]
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

    # --- a fleet ------------------------------------------------------------------------

    def group(self, name: str, *zones: str, tags: Any = None, **more: Any) -> None:
        """A group of the cluster that the autoscaler discovers, unless *tags* say otherwise."""
        own = {ENABLED: ("true", True), OWNED: ("owned", False)} if tags is None else tags
        given = {"min": 0, "max": 10, "desired": 2, **more}
        self.cloud.create_group(GroupSpec(name=name, zones=zones, tags=own, **given))

    def fleet(self) -> None:
        """Two single-zone groups in each of three zones, one over all, one a stranger's."""
        for letter in "abc":
            zone = f"us-east-1{letter}"
            self.group(f"web-{letter}", zone)
            self.group(f"spot-{letter}", zone, spot=True)
        self.group("all", "us-east-1a", "us-east-1b", "us-east-1c")
        self.group("stranger", "us-east-1a", tags={"kubernetes.io/cluster/other": ("owned", True)})

    def autoscaler(self, *args: str, name: str = "cluster-autoscaler") -> None:
        """A cluster autoscaler's Deployment; it does nothing."""
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

    def write_status(
        self, *groups: str, text: bool = False, name: str = "cluster-autoscaler-status"
    ) -> None:
        """What an autoscaler that knows *groups* would write now."""
        known = [each for each in self.cloud.groups() if each.name in groups]
        moment = f"{self.watch.now():%Y-%m-%d %H:%M:%S.%f}000 +0000 UTC"
        status = _status_text(known) if text else _status_yaml(known)
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": name,
                "namespace": "kube-system",
                "annotations": {"cluster-autoscaler.kubernetes.io/last-updated": moment},
            },
            "data": {"status": status},
        }
        if self.cluster.get("configmaps", name, "kube-system") is None:
            self.cluster.create("configmaps", body)
        else:
            self.cluster.update("configmaps", body)

    # --- files --------------------------------------------------------------------------

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


def _status_yaml(groups: list[Any]) -> str:
    listed = [
        {
            "name": each.name,
            "health": {
                "status": "Healthy",
                "cloudProviderTarget": each.desired,
                "minSize": each.min,
                "maxSize": each.max,
            },
            "scaleUp": {"status": "NoActivity"},
            "scaleDown": {"status": "NoCandidates"},
        }
        for each in groups
    ]
    return json.dumps({"autoscalerStatus": "Running", "nodeGroups": listed})


def _status_text(groups: list[Any]) -> str:
    lines = ["Cluster-autoscaler status at 2026-11-21 03:00:00 +0000 UTC:", "Cluster-wide:"]
    lines += ["  Health:      Healthy (ready=2 unready=0)", "", "NodeGroups:"]
    for each in groups:
        sizes = f"cloudProviderTarget={each.desired} (minSize={each.min}, maxSize={each.max})"
        lines += [
            f"  Name:        {each.name}",
            f"  Health:      Healthy (ready=2 unready=0 {sizes})",
            "  ScaleUp:     NoActivity (ready=2 cloudProviderTarget=2)",
            "",
        ]
    return "\n".join(lines) + "\n"
