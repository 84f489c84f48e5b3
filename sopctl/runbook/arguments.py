"""Values on their way into the CEL library, which damages some without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError

_INT64: Final = 2**63
_MAX_DEPTH: Final = 64


def is_whole(text: str) -> bool:
    """Whether the library takes *text* as it is: it cuts at NUL, and fails on half a character."""
    return not any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in text)


def argument(value: Json, depth: int = 0) -> Json:
    """*value* as the library takes it whole: dicts and lists, no NUL, no lone surrogate."""
    if depth > _MAX_DEPTH:
        raise RefusedError("a value is nested too deeply for an expression")
    if isinstance(value, str):
        if not is_whole(value):
            raise RefusedError(f"the value {value!r} is not text that an expression can hold")
        return value
    if isinstance(value, Mapping):
        return {_key(key): argument(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [argument(item, depth + 1) for item in value]
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        raise RefusedError(f"the number {value} does not fit into 64 bits")
    return value


def _key(key: object) -> str:
    checked = argument(str(key))
    assert isinstance(checked, str)
    return checked
