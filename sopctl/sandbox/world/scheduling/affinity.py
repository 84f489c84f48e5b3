"""Node selectors and required node affinity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.subject import Place
from sopctl.sandbox.world.selectors import requirement


def required_terms(spec: Obj) -> tuple[Obj, ...] | None:
    """Return the ORed terms of required node affinity, or None when there is none."""
    node = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = node.get("requiredDuringSchedulingIgnoredDuringExecution")
    return None if required is None else tuple(required.get("nodeSelectorTerms") or ())


def admits(spec: Obj, node: str, labels: Mapping[str, str]) -> bool:
    """Whether a node satisfies a pod's nodeSelector and required node affinity."""
    selector: dict[str, str] = spec.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
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
