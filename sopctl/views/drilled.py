"""When a runbook was drilled last: one line, without the weight of what a drill needs."""

from __future__ import annotations

from sopctl.core.drill import Drill


def last(drill: Drill | None) -> str:
    """One line about the last drill; about none, too: an SOP nobody rehearsed is a guess."""
    if drill is None:
        return "Never drilled on this machine."
    how = "passed" if drill.passed else "failed"
    times = drill.timings
    took = ""
    if times.began is not None and times.mitigated is not None:
        took = f", in place within {times.mitigated - times.began:.0f} s"
    return f"Last drilled {drill.held[:10]} in {drill.scenario}: {how}{took}."
