"""The sandbox on the screen."""

from __future__ import annotations

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


def absent() -> list[Line]:
    return [line("The sandbox does not run. Start it with `sopctl sandbox start`.")]
