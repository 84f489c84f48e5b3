"""What the shell offers: names that are known on this machine, without a call to anybody."""

from __future__ import annotations

import click

from sopctl.cli.context import Context
from sopctl.core.errors import SopError


def runbooks(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of runbooks."""
    names = ctx.ensure_object(Context).app.library.names()
    return [name for name in names if name.startswith(incomplete)]


def actions(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of actions."""
    names = ctx.ensure_object(Context).app.catalogs().actions
    return sorted(name for name in names if name.startswith(incomplete))


def checks(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of checks."""
    names = ctx.ensure_object(Context).app.catalogs().checks
    return sorted(name for name in names if name.startswith(incomplete))


def scenarios(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of scenarios."""
    from sopctl.app import scenarios as known  # noqa: PLC0415  # pydantic takes 0.2 s

    names = known.names(ctx.ensure_object(Context).app.settings)
    return [name for name in names if name.startswith(incomplete)]


def targets(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of targets; a broken file offers none."""
    try:
        names = [*ctx.ensure_object(Context).app.targets.all(), "sandbox"]
    except SopError:
        names = ["sandbox"]
    return [name for name in names if name.startswith(incomplete)]


def runs(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Ids of runs, newest first."""
    try:
        heads = ctx.ensure_object(Context).app.store.runs()
    except SopError:
        return []
    return [head.run for head in reversed(heads) if head.run.startswith(incomplete.upper())]
