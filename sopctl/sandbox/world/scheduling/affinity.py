"""Node selectors and required node affinity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.subject import Place
from sopctl.sandbox.world.selectors import requirement


def required_terms(spec: Obj) -> tuple[Obj, ...] | None:
    """Return the ORed terms of required node affinity, or None when there is none."""
    affinity = spec.get("affinity")
    if not affinity:
        return None
    node = affinity.get("nodeAffinity") or {}
    required = node.get("requiredDuringSchedulingIgnoredDuringExecution")
    return None if required is None else tuple(required.get("nodeSelectorTerms") or ())


def named_nodes(spec: Obj) -> frozenset[str] | None:
    """Return the nodes that required affinity names, or None when it may be any.

    Source: plugins/nodeaffinity/node_affinity.go (`PreFilter`): every term has to name some.
    """
    found: set[str] = set()
    terms = required_terms(spec)
    for term in terms or ():
        fields = term.get("matchFields") or ()
        named = [set(each.get("values") or ()) for each in fields if each["operator"] == "In"]
        if not named:
            return None
        found |= set.intersection(*named)
    return None if terms is None else frozenset(found)


def admits(spec: Obj, node: str, labels: Mapping[str, str]) -> bool:
    """Whether a node satisfies a pod's nodeSelector and required node affinity."""
    selector: dict[str, str] | None = spec.get("nodeSelector")
    if selector and any(labels.get(key) != value for key, value in selector.items()):
        return False
    terms = required_terms(spec)
    return terms is None or satisfies(terms, node, labels)


def prefers(preferred: Iterable[Obj], where: Place) -> int:
    """Return the weight of the preferred terms that a node satisfies."""
    return sum(
        each["weight"] for each in preferred if _term(each["preference"], where.name, where.labels)
    )


def satisfies(terms: Iterable[Obj], node: str, labels: Mapping[str, str]) -> bool:
    """Whether a node satisfies one of some ORed terms."""
    return any(_term(term, node, labels) for term in terms)


def _term(term: Obj, node: str, labels: Mapping[str, str]) -> bool:
    expressions = term.get("matchExpressions") or ()
    fields = term.get("matchFields") or ()
    if not expressions and not fields:
        return False  # an empty term matches nothing
    return all(requirement(each, labels) for each in expressions) and all(
        requirement(each, {"metadata.name": node}) for each in fields
    )
