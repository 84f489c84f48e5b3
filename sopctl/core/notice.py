"""What people are told, and whether they could be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sopctl.core.errors import RefusedError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """*to*: names of the policy, never addresses; empty is whoever the policy says."""

    to: tuple[str, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        if not all(map(_NAME.fullmatch, self.to)):  # and what it is instead is not repeated
            raise RefusedError(
                "something in `to` is not a name; an address may be a secret, and is never shown",
                hint="Name it under notify in policy.yaml, and write that name.",
            )


@dataclass(frozen=True, slots=True)
class Told:
    """How it went with one name: *ok* None is not known. *why* holds nothing of an address."""

    name: str
    ok: bool | None
    why: str = ""

    def __str__(self) -> str:
        word = "not known whether told" if self.ok is None else "told" if self.ok else "not told"
        return f"{self.name} {word}" + (f": {self.why}" if self.why else "")
