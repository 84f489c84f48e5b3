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
        raise _unwritable(path, error) from error


def refuse_unwritable(path: Path) -> None:
    """Raise UsageError where ``write`` would, before something is done that takes long."""
    try:
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from error
    os.close(descriptor)
    Path(fresh).unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"{path} cannot be written: {(error.strerror or '').lower()}",
        hint="Name a file in a folder of yours.",
    )
