"""How much a plan may touch: the policy is a ceiling, the runbook states its need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sopctl.core.errors import GuardrailError
from sopctl.core.plan import PlannedStep
from sopctl.core.resource import ResourceId
from sopctl.core.runbook import DEFAULT_GUARDRAIL, Guardrail


def limit(
    kind: str, runbook: Mapping[str, Guardrail], policy: Mapping[str, Guardrail]
) -> Guardrail:
    """The guardrail in force for *kind*: the runbook's need, at most the policy's ceiling."""
    need, ceiling = runbook.get(kind), policy.get(kind)
    if need is None:
        return ceiling or DEFAULT_GUARDRAIL
    if ceiling is None:
        return need
    return Guardrail(
        count=min(need.count, ceiling.count), percent=min(need.percent, ceiling.percent)
    )


def enforce(
    steps: Iterable[PlannedStep],
    runbook: Mapping[str, Guardrail],
    policy: Mapping[str, Guardrail],
) -> None:
    """Raise GuardrailError, naming every excess, if the steps together touch too much."""
    touched: dict[str, set[tuple[str, str, str]]] = {}
    population: dict[str, int] = {}
    for step in steps:
        for change in step.changes:
            kind = change.resource.kind
            touched.setdefault(kind, set()).add(change.resource.whole)
            population[kind] = max(population.get(kind, 0), step.population)
    excess = [
        line
        for kind, objects in sorted(touched.items())
        if (line := _excess(kind, len(objects), population[kind], limit(kind, runbook, policy)))
    ]
    if excess:
        raise GuardrailError(
            "; ".join(excess),
            hint="Narrow the selection, or raise `guardrails` in the runbook after a review.",
        )


def excess(kind: str, resources: Iterable[ResourceId], population: int, allowed: Guardrail) -> str:
    """How the objects that these resources are parts of are too many, in words; or empty."""
    return _excess(kind, objects(resources), population, allowed)


def _excess(kind: str, count: int, population: int, allowed: Guardrail) -> str:
    """Both limits hold; a percentage of fewer than ten objects says nothing, so it is skipped."""
    if count > allowed.count:
        return f"{count} {kind} would be touched; the guardrail allows {allowed.count}"
    if population >= 10 and count * 100 > allowed.percent * population:  # noqa: PLR2004  # see above
        share = count * 100 / population
        return (
            f"{count} of {population} {kind} ({share:.3g} %) would be touched; "
            f"the guardrail allows {allowed.percent} %"
        )
    return ""


def objects(resources: Iterable[ResourceId]) -> int:
    """How many whole objects these resources are parts of."""
    return len({resource.whole for resource in resources})
