"""Files that people name: written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from sopctl.core.errors import UsageError


def write(path: Path, text: str) -> None:
    """Write *text* to *path*; a file that is there already is replaced. Raises UsageError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UsageError(
            f"{path} cannot be written: {(error.strerror or '').lower()}",
            hint="Name a file in a folder of yours.",
        ) from error
