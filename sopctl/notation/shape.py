"""What the shapes of our files are made of: names, text, counts and durations."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field

from sopctl.notation import duration

NAME = r"^[a-z0-9][a-z0-9._-]{0,63}$"


def _text(value: object) -> object:
    """A number where text belongs is the text it was written as: only those become numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return value


Text: TypeAlias = Annotated[str, BeforeValidator(_text, json_schema_input_type=str)]
Count: TypeAlias = Annotated[int, Field(strict=True, ge=1)]
Duration: TypeAlias = Annotated[
    str, Field(pattern=duration.PATTERN, description="Such as 90s, 10m, 12h or 3d.")
]
