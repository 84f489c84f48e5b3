"""What ``k8s.spread.relax`` restores: a binding, the keys, or the constraints of a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sopctl.core.codec import Json
from sopctl.core.resource import ABSENT, Absent
from sopctl.facts.objects import json_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of an object, exactly.

    *content* is canonical JSON. Of constraints, *rules* has what each says if it cannot be
    satisfied, and *content* the rest, so that a plan shows what changes and not where it stands.
    """

    rules: str = ""
    content: str

    @property
    def value(self) -> Any:  # noqa: ANN401  # JSON of the API's shape
        found = json_text.parsed(self.content)
        if not self.rules:
            return found
        return [
            {**each, "whenUnsatisfiable": rule} if rule else each
            for each, rule in zip(found, self.rules.split(","), strict=True)
        ]


def of(value: Json) -> Piece:
    return Piece(content=json_text.dumped(value))


def of_template(constraints: Any) -> Piece:  # noqa: ANN401  # as above
    """The constraints of a pod template; an empty list has no rules."""
    rules = [each.get("whenUnsatisfiable", "") for each in constraints]
    rest = [{k: v for k, v in each.items() if k != "whenUnsatisfiable"} for each in constraints]
    return Piece(rules=",".join(rules), content=json_text.dumped(rest))


def satisfies(desired: Piece | Absent, observed: Piece | Absent) -> bool:
    """Exact, but for the defaults that the API server adds to a binding."""
    if desired is ABSENT or observed is ABSENT:
        return desired == observed
    if desired.rules or observed.rules:
        return desired == observed
    return json_text.includes(observed.value, desired.value)
