"""The sandbox on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sopctl.sandbox.process.running import Running
from sopctl.views.lines import Line, line, table


def running(found: Running) -> list[Line]:
    """Where its halves are, and what to do next."""
    rows = table(
        [
            [("AWS", "quiet"), found.aws_url],
            [("Kubernetes", "quiet"), found.kube_url],
            [("kubeconfig", "quiet"), str(found.kubeconfig)],
            [("log", "quiet"), str(found.log)],
        ],
        indent=2,
    )
    head = line("The sandbox ", ("runs", "good"), f" (process {found.pid}).")
    return [head, *rows, line('Try: eval "$(sopctl sandbox env)" && kubectl get nodes')]


def written(file: Path, size: int) -> list[Line]:
    """A world that was written down."""
    return [line("The world is in ", (str(file), "strong"), f" ({size / 1e6:.1f} MB).")]


def restored(file: Path, taken: str, forgotten: Sequence[str]) -> list[Line]:
    """A world that was brought back, and the runs that it never saw."""
    head = line("The sandbox is as it was at ", (taken, "strong"), f", from {file}.")
    return [head, *(line(f"run {run} is forgotten: this world never saw it") for run in forgotten)]


def absent() -> list[Line]:
    return [line("The sandbox does not run. Start it with `sopctl sandbox start`.")]
