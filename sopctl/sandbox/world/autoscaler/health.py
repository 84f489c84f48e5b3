"""How many nodes are well, in the whole cluster and in each group.

Source: cluster-autoscaler/clusterstate/clusterstate.go (`updateReadinessStats`,
`IsClusterHealthy`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.settings import Settings
from sopctl.sandbox.world.autoscaler.taints import TO_BE_DELETED, has
from sopctl.sandbox.world.controllers.nodes import ready
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import moment

DISABLED = "k8s.io/cluster-autoscaler-enabled"
_STARTUP = timedelta(minutes=15)  # MaxNodeStartupTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Node counts as the status ConfigMap gives them."""

    total: int = 0
    ready: int = 0
    not_started: int = 0
    being_deleted: int = 0
    unready: int = 0
    unregistered: int = 0
    long_unregistered: int = 0


def readiness(states: Iterable[str]) -> Readiness:
    """Count registered nodes by their state (see `state`)."""
    counts = Counter(states)
    return Readiness(
        total=counts.total(),
        ready=counts["ready"],
        not_started=counts["not_started"],
        being_deleted=counts["being_deleted"],
        unready=counts["unready"],
    )


def of_group(
    group: NodeGroup, states: Iterable[str], missing: Mapping[str, datetime], now: datetime
) -> Readiness:
    """Count a group's nodes and its instances without a node, `missing` since a time each."""
    waiting = [missing[each] for each in group.instances if each in missing] if missing else []
    long = sum(now - since > group.provision_time for since in waiting)
    return replace(readiness(states), unregistered=len(waiting) - long, long_unregistered=long)


def is_healthy(cluster: Readiness, settings: Settings) -> bool:
    """Whether scaling goes on: few nodes are unready, in number or as a share of all nodes."""
    share = settings.max_unready_percent / 100 * cluster.total
    return not (cluster.unready > settings.ok_unready and cluster.unready > share)


def state(node: Obj, now: datetime) -> str:
    """Return ready, not_started, being_deleted or unready."""
    metadata = node["metadata"]
    ignored = (metadata.get("annotations") or {}).get(DISABLED) == "false"
    if ignored or has(node, TO_BE_DELETED):
        return "being_deleted"
    if ready(node) == "True":
        return "ready"
    young = moment(metadata["creationTimestamp"]) + _STARTUP > now
    return "not_started" if young and ready(node) == "False" else "unready"
