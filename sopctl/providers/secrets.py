"""Secrets by reference: what stands in a runbook and in the journal is where to look, never what.

``env:NAME`` is a variable of the environment of sopctl, ``file:/path`` the text of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sopctl.core.errors import RefusedError


def _nothing(*_secrets: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """*hide* is told every value before anybody can see it, so that no journal keeps it."""

    environ: Mapping[str, str] = field(default_factory=dict)
    hide: Callable[..., None] = _nothing

    def value(self, reference: str) -> str:
        """What *reference* refers to; raises RefusedError where there is nothing."""
        kind, colon, where = reference.partition(":")
        if not colon or kind not in ("env", "file") or not where:
            raise RefusedError(
                f"a secret is given by reference, and {kind!r} is none",
                hint="Write env:NAME or file:/path, and keep the secret there.",
            )
        found = self.environ.get(where, "") if kind == "env" else _text(where)
        if not found:
            raise RefusedError(
                f"there is no secret at {reference}", hint="Set it where sopctl runs, then resume."
            )
        self.hide(found)
        return found


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"the secret file {path} cannot be read", hint="Check it.") from error
