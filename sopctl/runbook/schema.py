"""The JSON Schema of runbook files, for editors and for the reference."""

from __future__ import annotations

from pydantic import BaseModel

from sopctl.core.codec import Json
from sopctl.notation.json_schema import schema_of, text_of
from sopctl.runbook.model import RunbookShape


def schema(root: type[BaseModel] = RunbookShape, title: str = "A sopctl runbook") -> Json:
    """The schema, generated from the model that the loader uses."""
    return schema_of(root, title)


def text(root: type[BaseModel] = RunbookShape, title: str = "A sopctl runbook") -> str:
    """The schema as it stands in a file."""
    return text_of(schema(root, title))
