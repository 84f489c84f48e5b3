"""Whether the API server can mutate pods by policy, and which such policies there are."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.errors import NotFoundError
from sopctl.facts.objects import meta
from sopctl.providers.k8s import K8s

_ROOT = "/apis/admissionregistration.k8s.io/v1"
_POLICIES, _BINDINGS = "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"
_KYVERNO, _KYVERNO_POLICIES = "/apis/policies.kyverno.io/v1", "mutatingpolicies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """*served*: MutatingAdmissionPolicy v1 is there (Kubernetes 1.36); names of what exists.

    *kyverno* are the MutatingPolicies of Kyverno, and *kyverno_served* says that it knows some.
    """

    served: bool
    names: tuple[str, ...] = ()
    bindings: tuple[str, ...] = ()
    kyverno_served: bool = False
    kyverno: tuple[str, ...] = ()


def read(k8s: K8s) -> Policies:
    """What there is; raises PermissionDeniedError where that may not be known.

    Not to be allowed to look is not the same as that nothing is there: a runbook that takes the
    policy if it is installed would rewrite, and so restart, every workload instead.
    """
    served, kyverno = _serves(k8s, _ROOT, _POLICIES), _serves(k8s, _KYVERNO, _KYVERNO_POLICIES)
    return Policies(
        served=served,
        names=_names(k8s, _ROOT, _POLICIES) if served else (),
        bindings=_names(k8s, _ROOT, _BINDINGS) if served else (),
        kyverno_served=kyverno,
        kyverno=_names(k8s, _KYVERNO, _KYVERNO_POLICIES) if kyverno else (),
    )


def _serves(k8s: K8s, root: str, plural: str) -> bool:
    try:
        resources = k8s.get(root).get("resources") or ()
    except NotFoundError:
        return False
    return any(each.get("name") == plural for each in resources)


def _names(k8s: K8s, root: str, plural: str) -> tuple[str, ...]:
    try:
        return tuple(k8s.each(f"{root}/{plural}", meta.full_name))
    except NotFoundError:
        return ()
