"""What every action and check is handed: the two providers, the snapshot, and what is outside."""

from __future__ import annotations

from dataclasses import dataclass, field

from sopctl.facts.outside import Outside
from sopctl.facts.snapshot import Snapshot
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The clients of one target, and one snapshot of facts that all readers share."""

    aws: Aws
    k8s: K8s
    facts: Snapshot
    outside: Outside = field(default_factory=Outside)
