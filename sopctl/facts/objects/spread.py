"""Topology spread constraints: which are hard, and what the scheduler says when one blocks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sopctl.facts.objects.meta import Obj

ZONE_KEY = "topology.kubernetes.io/zone"
CAPACITY_KEYS = (
    "eks.amazonaws.com/capacityType",
    "karpenter.sh/capacity-type",
    "node.kubernetes.io/lifecycle",
    "lifecycle",
)
KEYS = (ZONE_KEY, *CAPACITY_KEYS)
"""What an incident of a zone, or of spot capacity, makes impossible to spread over."""

POLICY = "sopctl-relax-spread"
NAMESPACE = "sopctl-system"
"""Names of the mutating admission policy, its binding and its parameters."""

BLOCKED = "didn't match pod topology spread constraints"
"""What the scheduler's message contains (pkg/scheduler/framework/plugins/podtopologyspread)."""


def is_hard(constraint: Obj, keys: Collection[str]) -> bool:
    """Whether it keeps pods from being scheduled. An absent rule is DoNotSchedule.

    A constraint without a labelSelector counts no pod and so never blocks.
    """
    return (
        constraint.get("topologyKey") in keys
        and (constraint.get("whenUnsatisfiable") or "DoNotSchedule") == "DoNotSchedule"
        and constraint.get("labelSelector") is not None
    )


def constraints(spec: Obj) -> Sequence[Obj]:
    """The constraints of a pod spec."""
    return spec.get("topologySpreadConstraints") or ()


def hard_keys(spec: Obj) -> tuple[str, ...]:
    """The keys that its hard constraints spread over."""
    found = (str(each.get("topologyKey")) for each in constraints(spec))
    return tuple(key for key in dict.fromkeys(found) if has_hard(spec, (key,)))


def has_hard(spec: Obj, keys: Collection[str]) -> bool:
    return any(is_hard(each, keys) for each in constraints(spec))
