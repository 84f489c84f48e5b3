"""Files that people name: written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sopctl.core.errors import UsageError


def write(path: Path, text: str) -> None:
    """Write *text* to *path*; a file that is there already is replaced. Raises UsageError.

    Whoever reads it meanwhile sees all of the old or all of the new; only its owner may.
    """
    fresh = ""
    try:
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(fresh).replace(path)
    except OSError as error:
        if fresh:
            Path(fresh).unlink(missing_ok=True)
        raise UsageError(
            f"{path} cannot be written: {(error.strerror or '').lower()}",
            hint="Name a file in a folder of yours.",
        ) from error
