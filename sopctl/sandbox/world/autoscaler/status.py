"""The status ConfigMap: YAML since 1.30, free text before.

Source: cluster-autoscaler/clusterstate/api/types.go and utils/status.go of each branch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sopctl.sandbox.world.autoscaler.discovery import NodeGroup
from sopctl.sandbox.world.autoscaler.health import Readiness
from sopctl.sandbox.world.ports import Obj

UPDATED = "cluster-autoscaler.kubernetes.io/last-updated"
_YAML_SINCE = (1, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One status word with the time it was first said."""

    status: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """What is said about one group; `error` is (code, message) while it is backed off."""

    group: NodeGroup
    counts: Readiness
    health: Verdict
    scale_up: Verdict
    scale_down: Verdict
    candidates: int
    error: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is said about the cluster and its groups at the end of a loop."""

    at: datetime
    counts: Readiness
    health: Verdict
    scale_up: Verdict
    scale_down: Verdict
    candidates: int
    groups: Sequence[GroupReport]


def config_map(report: Report, name: str, namespace: str, version: tuple[int, int]) -> Obj:
    """Return the ConfigMap an autoscaler of this version writes."""
    text = _yaml(report) if version >= _YAML_SINCE else _text(report)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {UPDATED: go_time(report.at)},
        },
        "data": {"status": text},
    }


def go_time(moment: datetime) -> str:
    """Write a time as Go's `2006-01-02 15:04:05.999999999 -0700 MST`: no trailing zeros."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text} +0000 UTC"


def _yaml(report: Report) -> str:
    document = {
        "time": go_time(report.at),
        "autoscalerStatus": "Running",
        "clusterWide": {
            "health": {
                "status": report.health.status,
                "nodeCounts": _counts(report.counts),
                **_times(report.at, report.health),
            },
            "scaleUp": {"status": report.scale_up.status, **_times(report.at, report.scale_up)},
            "scaleDown": {
                "status": report.scale_down.status,
                **({"candidates": report.candidates} if report.candidates else {}),
                **_times(report.at, report.scale_down),
            },
        },
        "nodeGroups": [_group(report.at, each) for each in report.groups],
    }
    return "".join(_lines(document, ""))


def _lines(value: Obj, indent: str) -> Iterator[str]:
    """Write YAML, which a general library takes longer for than the loop itself takes."""
    for key, each in value.items():
        if isinstance(each, dict):
            yield f"{indent}{key}:\n"
            yield from _lines(each, indent + "  ")
        elif isinstance(each, list):
            yield f"{indent}{key}:\n" if each else f"{indent}{key}: []\n"
            for item in each:
                first, *rest = _lines(item, indent + "  ")
                yield f"{indent}- {first.lstrip()}"
                yield from rest
        else:
            yield f"{indent}{key}: {json.dumps(each)}\n"  # a JSON scalar is a YAML scalar


def _group(now: datetime, each: GroupReport) -> Obj:
    scale_up: Obj = {"status": each.scale_up.status}
    if each.error is not None:
        scale_up["backoffInfo"] = {"errorCode": each.error[0], "errorMessage": each.error[1]}
    scale_down: Obj = {"status": each.scale_down.status}
    if each.candidates:
        scale_down["candidates"] = each.candidates
    return {
        "name": each.group.name,
        "health": {
            "status": each.health.status,
            "nodeCounts": _counts(each.counts),
            "cloudProviderTarget": each.group.target,
            "minSize": each.group.min,
            "maxSize": each.group.max,
            **_times(now, each.health),
        },
        "scaleUp": {**scale_up, **_times(now, each.scale_up)},
        "scaleDown": {**scale_down, **_times(now, each.scale_down)},
    }


def _counts(counts: Readiness) -> Obj:
    registered: Obj = {
        "total": counts.total,
        "ready": counts.ready,
        "notStarted": counts.not_started,
    }
    if counts.being_deleted:
        registered["beingDeleted"] = counts.being_deleted
    registered["unready"] = {"total": counts.unready, "resourceUnready": 0}
    return {
        "registered": registered,
        "longUnregistered": counts.long_unregistered,
        "unregistered": counts.unregistered,
    }


def _times(now: datetime, verdict: Verdict) -> Obj:
    return {"lastProbeTime": _iso(now), "lastTransitionTime": _iso(verdict.since)}


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(report: Report) -> str:
    lines = [f"Cluster-autoscaler status at {go_time(report.at)}:", "Cluster-wide:"]
    counts = report.counts
    lines += _said("Health", f"{report.health.status} ({_brief(counts)})", report.health, report.at)
    up = f"{report.scale_up.status} (ready={counts.ready} registered={counts.total})"
    lines += _said("ScaleUp", up, report.scale_up, report.at)
    down = f"{report.scale_down.status} (candidates={report.candidates})"
    lines += [*_said("ScaleDown", down, report.scale_down, report.at), "", "NodeGroups:"]
    for each in report.groups:
        group = each.group
        sizes = f"cloudProviderTarget={group.target} (minSize={group.min}, maxSize={group.max})"
        health = f"{each.health.status} ({_brief(each.counts)} {sizes})"
        lines.append(f"  Name:        {group.name}")
        lines += _said("Health", health, each.health, report.at)
        up = (
            f"{each.scale_up.status} (ready={each.counts.ready} cloudProviderTarget={group.target})"
        )
        lines += _said("ScaleUp", up, each.scale_up, report.at)
        down = f"{each.scale_down.status} (candidates={each.candidates})"
        lines += [*_said("ScaleDown", down, each.scale_down, report.at), ""]
    return "\n".join(lines) + "\n"


def _brief(counts: Readiness) -> str:
    return (
        f"ready={counts.ready} unready={counts.unready} (resourceUnready=0) "
        f"notStarted={counts.not_started} longNotStarted=0 registered={counts.total} "
        f"longUnregistered={counts.long_unregistered}"
    )


def _said(title: str, text: str, verdict: Verdict, now: datetime) -> list[str]:
    return [
        f"  {title + ':':<13}{text}",
        f"{'':15}LastProbeTime:      {go_time(now)}",
        f"{'':15}LastTransitionTime: {go_time(verdict.since)}",
    ]
