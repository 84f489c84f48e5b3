"""Events in a few words, for charts and tables."""

from __future__ import annotations

from typing import Any

from sopctl.sandbox.scenario.model import Event


def described(event: Event) -> str:
    """A few words for charts and tables."""
    fault: Any = getattr(event, event.kind)
    match event.kind:
        case "zone_outage" | "gray_failure" | "heal" | "autoshift":
            what = fault.zone
        case "node_silence":
            what = f"{fault.count} of {fault.group}"
        case "spot_surge":
            what = f"{fault.percent} % every {fault.every}"
        case "brownout":
            what = f"{fault.api} {fault.calls}, {fault.answer}, {fault.percent} %"
        case "quota":
            what = f"{fault.vcpus} vCPUs, {fault.market}"
        case "traffic":
            to = f" to {', '.join(fault.workloads)}" if fault.workloads else ""
            what = f"{fault.percent} %{to}"
        case _:
            what = f"{', '.join(fault.zones)}, {fault.more} more"
    return f"{event.kind.replace('_', ' ')}: {what}"
