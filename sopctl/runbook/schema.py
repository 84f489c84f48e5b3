"""The JSON Schema of runbook files, for editors and for the reference."""

from __future__ import annotations

from sopctl.core.codec import Json
from sopctl.notation.json_schema import schema_of, text_of
from sopctl.runbook.model import RunbookShape


def schema() -> Json:
    """The schema, generated from the model that the loader uses."""
    return schema_of(RunbookShape, "A sopctl runbook")


def text() -> str:
    """The schema as it stands in a file."""
    return text_of(schema())
