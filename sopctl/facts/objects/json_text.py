"""Pieces of objects as canonical JSON text: exact, comparable, and fit for a frozen state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sopctl.core.codec import Json, canonical


def dumped(value: Json) -> str:
    return canonical(value).decode()


def parsed(text: str) -> Any:  # noqa: ANN401  # JSON of the API's shape
    return json.loads(text)


def includes(seen: Json, wanted: Json) -> bool:
    """Whether *seen* has everything of *wanted*: an API server adds defaults to mappings.

    Lists have to agree in length and order.
    """
    if isinstance(wanted, Mapping):
        return isinstance(seen, Mapping) and all(
            key in seen and includes(seen[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(seen, list) and len(seen) == len(wanted) and all(map(includes, seen, wanted))
        )
    return seen == wanted
