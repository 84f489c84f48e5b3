"""The JSON Schema of a kind of file, for editors and for the reference."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from sopctl.core.codec import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(shape: type[BaseModel], title: str) -> Json:
    """The schema, generated from the model that the loader uses."""
    generated: Json = shape.model_json_schema(by_alias=True)
    described = _untitled(generated)
    assert isinstance(described, Mapping)
    return {"$schema": DIALECT, "title": title, **described}


def text_of(schema: Json) -> str:
    """The schema as it stands in a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _untitled(value: Json, *, names: bool = False) -> Json:
    """*value* without the titles that repeat the names of fields; *names*: its keys are names."""
    if isinstance(value, Mapping):
        return {
            key: _untitled(item, names=not names and key in ("properties", "$defs"))
            for key, item in value.items()
            if names or key != "title"
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_untitled(item) for item in value]
    return value
