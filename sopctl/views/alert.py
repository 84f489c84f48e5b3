"""What an engineer is told in a hands-on drill: the page of a monitoring system, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sopctl.core.measures import Outage, Sample
from sopctl.views.lines import EMPTY, Line, count, line


def how_to_act(state: Path, runbook: str) -> list[Line]:
    """How another shell gets into the world of the drill."""
    return [
        line("The world runs. In another shell:"),
        line(f"export SOPCTL_STATE_DIR={state}", indent=2),
        line('eval "$(sopctl sandbox env)"   # for kubectl, aws and others', indent=2),
        line(f"sopctl run {runbook} --target sandbox", indent=2),
        line(("Wait for the page. Ctrl-C ends the drill, and scores it.", "quiet")),
    ]


def page(failed: Sequence[Outage], before: Sample, now: Sample) -> list[Line]:
    """Symptoms, as they are seen from outside; not their cause."""
    lost = sum(before.ready.values()) - sum(now.ready.values())
    nodes = sum(before.nodes.values()) - sum(now.nodes.values())
    shown = [
        EMPTY,
        line((" PAGE ", "danger"), " ", ("Workloads are degraded", "strong")),
        line(f"{count(lost, 'pod')} of {sum(before.ready.values())} no longer Ready", indent=2),
        line(f"{count(sum(now.pending.values()), 'pod')} pending", indent=2),
    ]
    if nodes > 0:
        shown.append(line(f"{count(nodes, 'node')} of {sum(before.nodes.values())} gone", indent=2))
    if any(each.gray for each in failed):
        shown.append(line("launches fail", indent=2))
    return [*shown, EMPTY]


def stopped() -> list[Line]:
    return [line("Stopped by hand.")]
