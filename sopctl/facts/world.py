"""What every action and check is handed: the providers and the snapshot of facts."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.facts.snapshot import Snapshot
from sopctl.providers.aws import Aws
from sopctl.providers.commands import Commands
from sopctl.providers.k8s import K8s
from sopctl.providers.web import Web


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The clients of one target, and one snapshot of facts that all readers share.

    *web* and *commands* are for what only the author of a runbook knows.
    """

    aws: Aws
    k8s: K8s
    facts: Snapshot
    web: Web
    commands: Commands
