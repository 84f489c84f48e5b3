"""``ready.clock``: this machine's clock is right.

Leases, locks and the age of what autoscalers say are compared with it. Source: HTTP, RFC 9110
6.6.1 (Date, in whole seconds); AWS, "Signature Version 4" (five minutes at most).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*most*: seconds apart."""

    most: int = 5


def look(world: World, params: Params) -> Verdict:
    """By what AWS says; an answer that took longer tells nothing."""
    before = world.aws.clock.now()
    said = _date(world.aws.once("sts", "get_caller_identity"))
    after = world.aws.clock.now()
    if said is None or (after - before).total_seconds() > params.most:
        return Verdict(holds=True, detail="AWS did not say the time soon enough", applies=False)
    early, late = (before - said).total_seconds(), (said - after).total_seconds()
    apart = max(0.0, early - 1, late)  # the header leaves fractions of a second out
    detail = f"this machine and AWS are {apart:.0f} s apart"
    return Verdict(holds=apart <= params.most, detail=detail)


def _date(answer: Mapping[str, Any]) -> Any:  # noqa: ANN401  # a datetime or None
    headers = (answer.get("ResponseMetadata") or {}).get("HTTPHeaders") or {}
    try:
        return parsedate_to_datetime(str(headers["date"]))
    except (KeyError, ValueError):
        return None


CHECK: Check[Params] = Check(
    id="ready.clock",
    summary="This machine's clock is right.",
    params=Params,
    look=look,
    permissions=("sts:GetCallerIdentity",),
    readiness=Readiness(
        row="OPS3",
        severity=Severity.WARNING,
        why="With a wrong clock a lock looks abandoned, and a status that is fresh looks old.",
        fix="timedatectl set-ntp true",
    ),
)
