"""What the cluster autoscaler says about itself, in its status ConfigMap.

YAML from 1.30 on, free text before. Source: kubernetes/autoscaler,
cluster-autoscaler/clusterstate/utils/status.go and clusterstate/api/types.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from sopctl.core.errors import NotFoundError
from sopctl.facts.autoscaler import Autoscaler
from sopctl.providers.k8s import K8s, Obj

UPDATED = "cluster-autoscaler.kubernetes.io/last-updated"
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)? ([+-])(\d\d)(\d\d)")
_NAME = re.compile(r"^\s*Name:\s+(\S+)", re.MULTILINE)
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
    """*updated*: when it was written, by the autoscaler's clock; None if that cannot be read."""

    updated: datetime | None
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


def parse(config_map: Obj) -> Status:
    """The status in the ConfigMap, in either format."""
    annotations = config_map.get("metadata", {}).get("annotations") or {}
    text = (config_map.get("data") or {}).get("status", "")
    return Status(updated=parse_time(annotations.get(UPDATED, "")), groups=_groups(text))


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


def _groups(text: str) -> Mapping[str, GroupStatus]:
    if re.search(r"^\s*NodeGroups:", text, re.MULTILINE) or "Cluster-wide:" in text:
        return _from_text(text)
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    listed = (parsed.get("nodeGroups") if isinstance(parsed, dict) else None) or ()
    return {each["name"]: _from_yaml(each) for each in listed}


def _from_yaml(raw: Mapping[str, Any]) -> GroupStatus:
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
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        block = text[start.end() : following.start() if following else len(text)]
        sizes = _SIZES.search(block)
        found[start.group(1)] = GroupStatus(
            name=start.group(1),
            target=int(sizes["target"]) if sizes else None,
            min=int(sizes["min"]) if sizes else None,
            max=int(sizes["max"]) if sizes else None,
        )
    return found
