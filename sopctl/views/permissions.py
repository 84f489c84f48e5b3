"""Permissions on the screen: what a runbook needs, and which steps need it."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.permissions.gather import Need
from sopctl.views.lines import Line, Span, line, table

_MOST = 3  # steps that are named


def listed(needs: Sequence[Need]) -> list[Line]:
    """One row for each permission: of AWS first, then of Kubernetes."""
    lines: list[Line] = []
    for title, aws in (("AWS", True), ("Kubernetes", False)):
        rows: list[list[str | Span]] = [
            [(str(need.right).removeprefix("k8s:"), "strong"), _who(need.steps)]
            for need in needs
            if need.right.aws is aws
        ]
        lines += [line((title, "quiet")), *table(rows)]
    return lines


def _who(steps: Sequence[str]) -> str:
    more = f" and {len(steps) - _MOST} more" if len(steps) > _MOST else ""
    return ", ".join(steps[:_MOST]) + more
