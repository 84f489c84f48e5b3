"""What every action and check is handed: the two providers and the snapshot of facts."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.facts.snapshot import Snapshot
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The clients of one target, and one snapshot of facts that all readers share."""

    aws: Aws
    k8s: K8s
    facts: Snapshot
