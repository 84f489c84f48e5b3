"""``ready.reach``: every address of the API server answers this machine.

EKS gives it an address in two zones or more. Source: EKS user guide, "Cluster API server endpoint".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World
from sopctl.providers import reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*seconds* for a connection."""

    seconds: float = 3.0


def look(world: World, params: Params) -> Verdict:
    server = world.k8s.server
    found, silent = reach.addresses(server), reach.silent(server, params.seconds)
    rows = tuple(f"{each} does not answer" for each in silent)
    detail = f"{len(found) - len(silent)} of {len(found)} addresses of the API server answer"
    return Verdict(holds=bool(found) and not silent, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.reach",
    summary="Every address of the API server answers this machine.",
    params=Params,
    look=look,
    readiness=Readiness(
        row="OPS3",
        severity=Severity.WARNING,
        why="With a zone the address in it is lost, and the others have to answer from here.",
        fix="Open the way to all subnets of the control plane; run this outside of the cluster.",
    ),
)
