"""What lies outside of both providers, for actions that cannot say what they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sopctl.core.check import AnyCheck
from sopctl.providers.commands import Commands
from sopctl.providers.http import Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """*checks* by name tell whether it is done; by default no program is allowed."""

    checks: Mapping[str, AnyCheck] = field(default_factory=dict)
    commands: Commands = field(default_factory=Commands)
    http: Http = field(default_factory=Http)
