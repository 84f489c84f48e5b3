"""IAM policies evaluated: identity-based statements with actions, resources and conditions.

Source: IAM user guide, "Policy evaluation logic" and "IAM JSON policy elements". Service control
policies, permission boundaries and resource-based policies are not part of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Decision = Literal["allowed", "explicitDeny", "implicitDeny"]
# Context keys, in lower case as they are compared -> their values.
Context = Mapping[str, Sequence[str]]

VARIABLE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a policy, with the name of the policy it is from."""

    policy: str
    allow: bool
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was decided, by which statements, and which context was asked for and missing."""

    decision: Decision
    matched: tuple[Statement, ...]
    missing: tuple[str, ...]


def statements(policy: str, document: str | Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of a policy document called *policy*."""
    parsed = json.loads(document) if isinstance(document, str) else document
    bodies = parsed.get("Statement", [])
    return tuple(
        Statement(policy=policy, allow=body.get("Effect") == "Allow", body=body)
        for body in ([bodies] if isinstance(bodies, dict) else bodies)
    )


def decide(found: Iterable[Statement], action: str, resource: str, context: Context) -> Verdict:
    """Deny wins over allow, and what nobody allows is denied."""
    missing: list[str] = []
    matched = [
        statement
        for statement in found
        if _speaks_of(statement.body, action, resource, context)
        and _holds(statement.body.get("Condition", {}), context, missing)
    ]
    denying = tuple(statement for statement in matched if not statement.allow)
    decision: Decision = "explicitDeny" if denying else "allowed" if matched else "implicitDeny"
    return Verdict(
        decision=decision,
        matched=denying or tuple(matched),
        missing=tuple(dict.fromkeys(missing)),
    )


def _speaks_of(body: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    for name, value, ignore_case in (("Action", action, True), ("Resource", resource, False)):
        if name in body:
            patterns, wanted = body[name], True
        elif f"Not{name}" in body:
            patterns, wanted = body[f"Not{name}"], False
        else:
            return False
        filled = [_fill(pattern, context) for pattern in _listed(patterns)]
        if any(_like(pattern, value, ignore_case=ignore_case) for pattern in filled) != wanted:
            return False
    return True


def _holds(conditions: Mapping[str, Any], context: Context, missing: list[str]) -> bool:
    """Whether every condition holds; notes the keys that the context does not have."""
    verdicts = []
    for operator, pairs in conditions.items():
        for key, wanted in pairs.items():
            values = context.get(key.lower())
            if values is None:
                missing.append(key)
            patterns = [_fill(str(pattern), context) for pattern in _listed(wanted)]
            verdicts.append(_condition(operator, values, patterns))
    return all(verdicts)


def _condition(operator: str, values: Sequence[str] | None, patterns: Sequence[str]) -> bool:
    name = operator.lower()
    if name == "null":
        return (values is None) == (patterns[0].lower() == "true")
    quantifier, _, rest = name.rpartition(":")
    optional = rest.endswith("ifexists")
    rest = rest.removesuffix("ifexists")
    negated = rest.startswith(("stringnot", "arnnot", "numericnot"))
    if values is None:
        return optional or negated or quantifier == "forallvalues"
    test = TESTS.get(rest.replace("not", "", 1) if negated else rest)
    if test is None:
        return False
    hits = [any(test(value, pattern) for pattern in patterns) != negated for value in values]
    if quantifier == "foranyvalue":
        return any(hits)
    return all(hits)


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(value: str, pattern: str) -> bool:
        try:
            return compare(float(value), float(pattern))
        except ValueError:
            return False

    return test


TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": lambda value, pattern: value == pattern,
    "stringequalsignorecase": lambda value, pattern: value.lower() == pattern.lower(),
    "stringlike": lambda value, pattern: _like(pattern, value, ignore_case=False),
    "arnequals": lambda value, pattern: _like(pattern, value, ignore_case=False),
    "arnlike": lambda value, pattern: _like(pattern, value, ignore_case=False),
    "bool": lambda value, pattern: value.lower() == pattern.lower(),
    "numericequals": _number(lambda value, bound: value == bound),
    "numericlessthan": _number(lambda value, bound: value < bound),
    "numericlessthanequals": _number(lambda value, bound: value <= bound),
    "numericgreaterthan": _number(lambda value, bound: value > bound),
    "numericgreaterthanequals": _number(lambda value, bound: value >= bound),
}


def _fill(pattern: str, context: Context) -> str:
    """Policy variables replaced; one that is unknown matches nothing."""

    def value(found: re.Match[str]) -> str:
        values = context.get(found[1].lower())
        return values[0] if values else "\0"

    return VARIABLE.sub(value, pattern)


def _like(pattern: str, value: str, *, ignore_case: bool) -> bool:
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=2048)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001  # a cache's key
    wild = {"*": ".*", "?": "."}
    text = "".join(wild.get(letter, re.escape(letter)) for letter in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _listed(value: Any) -> list[str]:  # noqa: ANN401  # text or a list of it, as written
    return value if isinstance(value, list) else [value]
