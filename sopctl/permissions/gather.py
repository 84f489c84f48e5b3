"""Everything that a runbook may call, from what its actions, checks and facts declare.

The way back needs nothing more: it observes and converges through the same actions. A step counts
whatever its ``when`` says: a permission that is missing at 3 a.m. is found out too late.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from sopctl.core.action import AnyAction
from sopctl.core.check import AnyCheck
from sopctl.core.codec import Json
from sopctl.core.permission import Right, parse
from sopctl.core.runbook import ParameterType, Runbook, Step, StepKind
from sopctl.facts import needs

_PARAMETER = re.compile(r"\$\{\{\s*params\.([a-z][a-z0-9_]*)\s*\}\}")
ENGINE = "sopctl"
"""Who needs what no step needs: identity, lock and preflight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One permission, and the ids of the steps that need it; ENGINE stands for the tool itself."""

    right: Right
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The catalogs, and what an expression looks at, such as ``facts.autoscaler``."""

    actions: Mapping[str, AnyAction]
    checks: Mapping[str, AnyCheck]
    references: Callable[[Json], frozenset[str]]


def lock_of(target: str) -> tuple[str, ...]:
    """The Lease of the target: RBAC cannot name what is only to be created."""
    leases = "leases.coordination.k8s.io"
    name = f"kube-system/sopctl-{target}" if target else "kube-system/"
    return (
        f"k8s:create {leases} kube-system/",
        f"k8s:get {leases} {name}",
        f"k8s:update {leases} {name}",
    )


IDENTITY = (
    "sts:GetCallerIdentity",  # needs no permission, but an explicit deny would end it
    "k8s:get namespaces kube-system",
    "k8s:create selfsubjectreviews.authentication.k8s.io",
)
PREFLIGHT = (
    "iam:GetRole",  # the path of one's own role
    "iam:SimulatePrincipalPolicy",
    "k8s:create selfsubjectaccessreviews.authorization.k8s.io",
)


def gather(book: Runbook, known: Known, target: str = "") -> tuple[Need, ...]:
    """What *book*, with everything included, needs on the target of that name, sorted."""
    found: dict[Right, list[str]] = {}
    for who, text in _declared(book, known, target):
        steps = found.setdefault(parse(text), [])
        if who not in steps:
            steps.append(who)
    return tuple(Need(right=right, steps=tuple(found[right])) for right in sorted(found))


def _declared(book: Runbook, known: Known, target: str) -> Iterator[tuple[str, str]]:
    engine = [*IDENTITY, *PREFLIGHT, *lock_of(target)]
    if any(parameter.type is ParameterType.ZONE for parameter in book.parameters):
        engine += needs.of("zones")
    yield from ((ENGINE, text) for text in engine)
    for step in steps_of(book):
        room = known.actions.get(step.uses)
        by_default = room.permissions_of(_usual(step, book)) if room and room.permissions_of else ()
        yield from ((step.id, text) for text in (*step_needs(step, known), *by_default))


def _usual(step: Step, book: Runbook) -> Mapping[str, Json]:
    """Its parameters, with a default in the place of an expression that is one parameter."""
    usual = {each.name: each.default for each in book.parameters if each.default is not None}

    def said(value: Json) -> Json:
        found = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
        return usual.get(found[1], value) if found else value

    return {key: said(value) for key, value in step.params.items()}


def steps_of(book: Runbook) -> Iterator[Step]:
    """Every step of every stage, of the way back too."""
    yield from (*book.before, *book.steps, *book.after)
    yield from (entry.step for entry in book.way_back if entry.step is not None)


def step_needs(step: Step, known: Known) -> tuple[str, ...]:
    """What the step itself declares, and the facts that its expressions look at."""
    looked_at = known.references(
        [dict(step.params), step.uses, *(["${{" + step.when + "}}"] if step.when else [])]
    )
    facts = {name.split(".")[1] for name in looked_at if name.startswith("facts.")}
    room = known.actions.get(step.uses) if step.kind is StepKind.ACTION else None
    look = known.checks.get(step.uses) if step.kind is StepKind.CHECK else None
    declared = [needs.of(*sorted(facts & set(needs.NEEDS)))]
    if used := room or look:
        declared += [used.permissions]
        declared += [some for key, some in used.only_with.items() if _given(key, step, used)]
    if room and room.permissions_of:
        declared.append(room.permissions_of(step.params))
    if room and room.opaque:
        declared.append(_probe_needs(step, known))
    return needs.together(declared)


def _probe_needs(step: Step, known: Known) -> tuple[str, ...]:
    """What the check needs that says whether an opaque action is done."""
    probe = step.params.get("check")
    if not isinstance(probe, Mapping):
        return ()
    given = probe.get("params")
    uses, params = str(probe.get("name")), given if isinstance(given, Mapping) else {}
    asked = Step(id=step.id, kind=StepKind.CHECK, uses=uses, params=params)
    return step_needs(asked, known)


def _given(key: str, step: Step, used: AnyAction | AnyCheck) -> bool:
    """Whether the condition *key* can hold for the parameters as the runbook writes them."""
    path, _, wanted = key.partition("=")
    first, *rest = path.split(".")
    value = step.params.get(first, _default(used.params, first))
    for part in rest:
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str) and "${{" in value:
        return True
    if not wanted:
        return bool(value)
    return wanted in (value if isinstance(value, list | tuple) else (value,))


def _default(params: type[Any], name: str) -> Any:  # noqa: ANN401  # of any type that a parameter has
    found = next((each for each in fields(params) if each.name == name), None)
    return None if found is None or found.default is MISSING else found.default
