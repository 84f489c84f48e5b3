"""Rules of EventBridge that catch notices about instances, and where these go.

Source: EventBridge API reference, ListRules, ListTargetsByRule; EC2 user guide, "Spot Instance
interruption notices" (the event's detail-type).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sopctl.providers.aws import Aws

INTERRUPTION: Final = "EC2 Spot Instance Interruption Warning"
REBALANCE: Final = "EC2 Instance Rebalance Recommendation"
STATE: Final = "EC2 Instance State-change Notification"
TERMINATE: Final = "EC2 Instance-terminate Lifecycle Action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """*catches*: detail-types; *targets*: ARNs."""

    name: str
    enabled: bool
    catches: frozenset[str]
    targets: tuple[str, ...]


def read(aws: Aws, about: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of the default bus that catch any of the detail-types *about*, by name."""
    wanted = frozenset(about)
    raw = [
        (each, caught)
        for each in aws.pages("events", "list_rules", "Rules")
        if (caught := _caught(each) & wanted)
    ]
    asks = [lambda name=each["Name"]: _targets(aws, name) for each, _ in raw]
    rules = [
        Rule(
            name=each["Name"],
            enabled=str(each.get("State", "")).startswith("ENABLED"),
            catches=caught,
            targets=targets,
        )
        for (each, caught), targets in zip(raw, aws.together(asks), strict=True)
    ]
    return tuple(sorted(rules, key=lambda each: each.name))


def _targets(aws: Aws, rule: str) -> tuple[str, ...]:
    found = aws.pages("events", "list_targets_by_rule", "Targets", Rule=rule)
    return tuple(sorted(str(each["Arn"]) for each in found))


def _caught(raw: Mapping[str, Any]) -> frozenset[str]:
    """The detail-types that its pattern names; a pattern without any is about something else."""
    try:
        pattern = json.loads(raw.get("EventPattern") or "{}")
        names = pattern.get("detail-type") or ()
    except (ValueError, AttributeError):
        return frozenset()
    return frozenset(each for each in names if isinstance(each, str))
