"""Whether the API server can mutate pods by policy, and which such policies there are."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.errors import NotFoundError
from sopctl.facts.objects import meta
from sopctl.providers.k8s import K8s

_ROOT = "/apis/admissionregistration.k8s.io/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """*served*: MutatingAdmissionPolicy v1 is there (Kubernetes 1.36); names of what exists."""

    served: bool
    names: tuple[str, ...] = ()
    bindings: tuple[str, ...] = ()


def read(k8s: K8s) -> Policies:
    """What there is; raises PermissionDeniedError where that may not be known.

    Not to be allowed to look is not the same as that nothing is there: a runbook that takes the
    policy if it is installed would rewrite, and so restart, every workload instead.
    """
    try:
        resources = k8s.get(_ROOT).get("resources") or ()
    except NotFoundError:
        return Policies(served=False)
    if not any(each.get("name") == "mutatingadmissionpolicies" for each in resources):
        return Policies(served=False)
    return Policies(
        served=True,
        names=_names(k8s, "mutatingadmissionpolicies"),
        bindings=_names(k8s, "mutatingadmissionpolicybindings"),
    )


def _names(k8s: K8s, plural: str) -> tuple[str, ...]:
    try:
        return tuple(k8s.each(f"{_ROOT}/{plural}", meta.full_name))
    except NotFoundError:
        return ()
