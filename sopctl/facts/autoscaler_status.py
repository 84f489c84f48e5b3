"""What the cluster autoscaler says about itself, in its status ConfigMap.

YAML from 1.30 on, free text before. Source: kubernetes/autoscaler,
cluster-autoscaler/clusterstate/utils/status.go and clusterstate/api/types.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import yaml

from sopctl.core.errors import NotFoundError
from sopctl.facts.autoscaler import Autoscaler
from sopctl.providers.k8s import K8s, Obj

# By libyaml where it is: the status has some lines for each group, and is read again and again.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
UPDATED = "cluster-autoscaler.kubernetes.io/last-updated"
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)? ([+-])(\d\d)(\d\d)")
_NAME = re.compile(r"^\s*Name:\s+(\S+)", re.MULTILINE)
_AS_TEXT = re.compile(r"^(NodeGroups|Cluster-wide):", re.MULTILINE)
_SIZES = re.compile(
    r"cloudProviderTarget=(?P<target>\d+) \(minSize=(?P<min>\d+), maxSize=(?P<max>\d+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """A group as the autoscaler sees it; sizes are None where it does not say."""

    name: str
    target: int | None = None
    min: int | None = None
    max: int | None = None
    scale_up: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """*updated*: when it was written, by the autoscaler's clock; None if that cannot be read.

    *running*: it is past its start, so that *groups* are all groups it knows.
    """

    updated: datetime | None
    running: bool
    groups: Mapping[str, GroupStatus] = field(default_factory=dict)


def read(k8s: K8s, autoscaler: Autoscaler) -> Status | None:
    """The status as it stands now; None if there is none."""
    if not autoscaler.status:
        return None
    path = f"/api/v1/namespaces/{autoscaler.status_namespace}/configmaps/{autoscaler.status}"
    try:
        return parse(k8s.get(path))
    except NotFoundError:
        return None


def late(status: Status | None, changed_at: datetime) -> str:
    """Why *status* says nothing yet about what was changed at *changed_at*; empty if it does."""
    if status is None:
        return "the autoscaler writes no status, so nobody can see what it knows"
    if status.updated is None or status.updated <= changed_at:
        return f"the autoscaler last wrote its status at {status.updated or 'an unknown time'}"
    return "" if status.running else "the autoscaler has only just started"


def parse(config_map: Obj) -> Status:
    """The status in the ConfigMap, in either format."""
    annotations = config_map.get("metadata", {}).get("annotations") or {}
    text = (config_map.get("data") or {}).get("status", "")
    groups = _from_text(text) if _AS_TEXT.search(text) else _from_yaml(text)
    return Status(
        updated=parse_time(annotations.get(UPDATED, "")),
        running=groups is not None,
        groups=groups or {},
    )


def parse_time(text: str) -> datetime | None:
    """Go's ``2006-01-02 15:04:05.999999999 -0700 MST``; nanoseconds are cut."""
    found = _GO_TIME.match(text)
    if found is None:
        return None
    day, clock, fraction, sign, hours, minutes = found.groups()
    moment = datetime.fromisoformat(f"{day}T{clock}+00:00")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    micro = int(((fraction or ".0")[1:7]).ljust(6, "0"))
    local = moment.replace(microsecond=micro)
    return (local - offset if sign == "+" else local + offset).astimezone(UTC)


@lru_cache(maxsize=4)  # each step that waits for the autoscaler reads the same status
def _from_yaml(text: str) -> Mapping[str, GroupStatus] | None:
    try:
        parsed = yaml.load(text, Loader=_LOADER)  # noqa: S506  # a safe loader
    except yaml.YAMLError:
        return None
    if not isinstance(parsed, dict) or parsed.get("autoscalerStatus") != "Running":
        return None  # at its start it says Initializing, and no groups
    return {each["name"]: _group(each) for each in parsed.get("nodeGroups") or ()}


def _group(raw: Mapping[str, Any]) -> GroupStatus:
    health = raw.get("health") or {}
    return GroupStatus(
        name=raw["name"],
        target=health.get("cloudProviderTarget"),
        min=health.get("minSize"),
        max=health.get("maxSize"),
        scale_up=(raw.get("scaleUp") or {}).get("status", ""),
    )


def _from_text(text: str) -> Mapping[str, GroupStatus]:
    found: dict[str, GroupStatus] = {}
    starts = list(_NAME.finditer(text))
    ends = [*(each.start() for each in starts[1:]), len(text)]
    for start, end in zip(starts, ends, strict=False):
        block = text[start.end() : end]
        sizes = _SIZES.search(block)
        found[start.group(1)] = GroupStatus(
            name=start.group(1),
            target=int(sizes["target"]) if sizes else None,
            min=int(sizes["min"]) if sizes else None,
            max=int(sizes["max"]) if sizes else None,
        )
    return found
