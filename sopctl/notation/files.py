"""A file of ours as text: within bounds, and in UTF-8."""

from __future__ import annotations

from pathlib import Path

from sopctl.core.errors import Problem, UsageError
from sopctl.notation.strict_yaml import MAX_BYTES


def read_text(path: Path, name: str) -> str | Problem:
    """The text in *path*, called *name*; what is wrong with it; UsageError if there is none."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read: {(error.strerror or str(error)).lower()}",
            hint="Check the path and its permissions.",
        ) from error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if len(content) > MAX_BYTES:  # cut in the middle of a character
            return content.decode(errors="replace")
        before = content[: error.start].decode()
        return Problem(
            file=name,
            line=before.count("\n") + 1,
            column=len(before) - (before.rfind("\n") + 1) + 1,
            summary="this byte is not UTF-8",
            hint="Save the file as UTF-8.",
        )
