"""What a runbook has to be allowed on a target, in the notation that somebody asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sopctl.core.errors import UsageError
from sopctl.permissions import iam, rbac, terraform
from sopctl.permissions.gather import Known, Need, gather
from sopctl.permissions.scope import Scope

if TYPE_CHECKING:
    from sopctl.app.composition import App
    from sopctl.core.codec import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Permits:
    """*needs* of the runbook *name* within *scope*; *group* of users is bound to the roles."""

    name: str
    needs: tuple[Need, ...]
    scope: Scope = field(default_factory=Scope)
    group: str

    @property
    def policy(self) -> Mapping[str, Json]:
        return iam.policy(self.needs, self.scope)

    @property
    def roles(self) -> list[Mapping[str, Json]]:
        return rbac.manifests(self.needs, self.name, self.group)

    @property
    def terraform(self) -> Mapping[str, Json]:
        return terraform.configuration(self.policy, self.roles, self.name)


def permits(app: App, runbook: str, scope: Scope, group: str) -> Permits:
    """For *runbook*; raises UsageError, or InvalidRunbookError. Asks nobody."""
    from sopctl.runbook import expressions  # noqa: PLC0415  # CEL

    catalogs = app.catalogs()
    known = Known(
        actions=catalogs.actions,
        checks=catalogs.checks,
        references=expressions.references_in,
    )
    book = app.library.load(runbook)
    needs = gather(book, known, scope.target)
    return Permits(name=f"sopctl-{book.name}", needs=needs, scope=scope, group=group)


def on_target(app: App, name: str, scope: Scope) -> Scope:
    """*scope* with what the configured target *name* pins, where nothing else was said."""
    if not name:
        return scope
    known = app.targets.all()
    if name not in known:
        return replace(scope, target=name)
    target = known[name]
    return replace(
        scope,
        target=name,
        account=scope.account if scope.account != "*" else target.account or "*",
        region=scope.region if scope.region != "*" else target.region or "*",
    )


def tag_of(text: str) -> tuple[str, str]:
    """KEY=VALUE as its halves; UsageError for what is none."""
    key, equals, value = text.partition("=")
    if text and not (equals and key):
        raise UsageError(f"--tag {text!r} is no tag", hint="Write --tag KEY=VALUE.")
    return key, value
