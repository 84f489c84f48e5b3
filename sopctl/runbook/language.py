"""The language as the engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopctl.core.codec import Json
from sopctl.runbook import expressions, fitting


class RunbookLanguage:
    """Expressions are CEL; errors raise RefusedError and are never false."""

    def when(self, source: str, env: Mapping[str, Json]) -> bool:
        """The verdict of a ``when:``."""
        return expressions.when(source, env)

    def data(self, value: Json, env: Mapping[str, Json]) -> Json:
        """*value* with every ``${{ }}`` resolved, once."""
        return expressions.data(value, env)

    def references(self, value: Json) -> frozenset[str]:
        """What the expressions in the texts of *value* look at, such as ``facts.autoscaler``."""
        return expressions.references_in(value)

    def params(self, kind: type[Any], value: Json) -> Any:  # noqa: ANN401  # the action's own type
        """*value* as the parameters of an action or a check."""
        return fitting.params(kind, value)
