"""Targets on the screen: what is configured, and who answers."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.core.target import Identity, Target
from sopctl.views.lines import Line, Span, line, table


def listed(found: Mapping[str, Target]) -> list[Line]:
    """One line per target, with its pins."""
    rows: list[list[str | Span]] = [
        [(head, "quiet") for head in ("NAME", "ACCOUNT", "REGION", "CLUSTER", "LABELS")]
    ]
    for name, target in found.items():
        labels = ",".join(f"{key}={value}" for key, value in sorted(target.labels.items()))
        style = "danger" if target.production else "quiet"
        pins = [target.account or "-", target.region or "-", target.cluster_uid or "-"]
        rows.append([(name, "strong"), *pins, (labels or "-", style)])
    rows.append([("sandbox", "strong"), "-", "-", "-", ("built in", "quiet")])
    return table(rows)


def identity(target: Target, found: Identity) -> list[Line]:
    """Who answers, line by line; what does not answer is said."""
    rows: list[list[str | Span]] = [
        [("target", "quiet"), (target.name, "target")],
        [("AWS account", "quiet"), _pin(found.account, target.account)],
        [("AWS caller", "quiet"), found.caller or "-"],
        [("AWS region", "quiet"), found.region or "-"],
        [("cluster", "quiet"), _pin(found.cluster_uid, target.cluster_uid)],
        [("server", "quiet"), found.server or "-"],
        [("Kubernetes user", "quiet"), found.user or "-"],
    ]
    silent = [line(("no answer from ", "bad"), each) for each in found.unreachable]
    return [*table(rows), *silent]


def _pin(found: str, pinned: str) -> str:
    if not found:
        return f"- (pinned: {pinned})" if pinned else "-"
    return f"{found} (as pinned)" if found == pinned else f"{found} (not pinned)"
