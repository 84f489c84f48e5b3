"""Kyverno's MutatingPolicies, enforced at admission as its webhook does.

A policy needs no binding; it counts unless its own admission is switched off. Not here: background
scans, mutation of what exists, exceptions, the larger library of functions, and rules generated for
the owners of pods, which do not reach a JSON patch anyway.
Source: kyverno api/policies.kyverno.io/v1/mutating_policy.go (AdmissionEnabled, GetFailurePolicy);
pkg/cel/policies/mpol.
"""

from __future__ import annotations

from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.mutating import mutated
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.policy import Attempt, Policies
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.writer import Write

POLICIES = "mutatingpolicies"  # the table: no other kind has that plural
_EVERYWHERE: Obj = {"metadata": {"name": "kyverno"}, "spec": {}}  # in the place of a binding


class KyvernoPolicies:
    """The admission of Kyverno: nothing, where it is not installed."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._policies = Policies(store, registry, POLICIES, "")

    def __call__(self, kind: ResourceType, new: Obj, old: Obj | None, write: Write) -> Obj:
        """The object after every policy that is on and matches; the same object if none is."""
        installed = self._store.table(POLICIES)
        if not installed or kind.storage == POLICIES:
            return new
        attempt = Attempt(kind=kind, obj=new, old=old, write=write)
        by_name = sorted(installed.values(), key=lambda each: str(each["metadata"]["name"]))
        return mutated(
            self._policies,
            attempt,
            [
                (policy, _EVERYWHERE)
                for policy in by_name
                if _at_admission(policy) and self._policies.fits(attempt, policy, _EVERYWHERE)
            ],
        )


def _at_admission(policy: Obj) -> bool:
    evaluation = policy["spec"].get("evaluation") or {}
    return bool((evaluation.get("admission") or {}).get("enabled", True))
