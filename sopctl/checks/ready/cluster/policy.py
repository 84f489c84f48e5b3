"""``ready.policy``: the policy that relaxes spread is installed, and switched off.

Without it every workload has to be rewritten, and so restarted, in the middle of an incident.
Source: kubernetes.io, "Mutating Admission Policy".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.objects import spread
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    found = world.facts.policies()
    if not found.served:
        detail = "this cluster serves no MutatingAdmissionPolicy v1 (Kubernetes 1.36)"
        return Verdict(holds=False, detail=detail)
    if spread.POLICY not in found.names:
        return Verdict(holds=False, detail=f"the policy {spread.POLICY} is not installed")
    if spread.POLICY in found.bindings:
        return Verdict(holds=False, detail=f"the policy {spread.POLICY} is switched on now")
    return Verdict(holds=True, detail=f"the policy {spread.POLICY} is installed and switched off")


CHECK: Check[Params] = Check(
    id="ready.policy",
    summary="The policy that relaxes spread is installed, and switched off.",
    params=Params,
    look=look,
    permissions=(
        "k8s:get /apis/admissionregistration.k8s.io/v1",
        "k8s:list mutatingadmissionpolicies.admissionregistration.k8s.io",
        "k8s:list mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    ),
    readiness=Readiness(
        row="CC4",
        severity=Severity.CRITICAL,
        why="Without it every workload is rewritten, and so restarted, to relax its spread.",
        fix="sopctl run prepare",
    ),
)
