"""The local world of `sopctl.testing`, with a fleet and an autoscaler to put into it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sopctl.testing import local
from sopctl.testing.local import ENABLED, OWNED, QUICK, START, TOKEN, Watch

__all__ = ["ENABLED", "OWNED", "QUICK", "START", "TOKEN", "Local", "Watch", "local_world"]


class Local(local.Local):
    def fleet(self) -> None:
        """Two single-zone groups in each of three zones, one over all, one a stranger's."""
        for letter in "abc":
            zone = f"us-east-1{letter}"
            self.group(f"web-{letter}", zone)
            self.group(f"spot-{letter}", zone, spot=True)
        self.group("all", "us-east-1a", "us-east-1b", "us-east-1c")
        self.group("stranger", "us-east-1a", tags={"kubernetes.io/cluster/other": ("owned", True)})

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
