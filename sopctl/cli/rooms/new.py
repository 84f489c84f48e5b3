"""``sopctl action new`` and ``sopctl check new``: a working room to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app.rooms import naming, plan
from sopctl.app.rooms.naming import Kind
from sopctl.cli.context import Context
from sopctl.core.errors import UsageError
from sopctl.views.lines import line

_ON = click.option(
    "--on", type=click.Choice(["aws", "k8s"]), help="What it talks to. Default: as NAME begins."
)
_IN = click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Your project, or a checkout of sopctl. Default: the current directory.",
)


@click.command("new")
@click.argument("name")
@_ON
@_IN
@click.pass_obj
def new_action(context: Context, /, name: str, on: str | None, folder: Path) -> None:
    """Write the beginning of the action NAME, such as acme.cache.flush.

    A lens that works, a test that proves the laws, and the lines by which it is found: in a
    package of your own, or in a checkout of sopctl. Never over a file that exists.
    """
    _new(context, Kind.ACTION, name, on, folder)


@click.command("new")
@click.argument("name")
@_ON
@_IN
@click.pass_obj
def new_check(context: Context, /, name: str, on: str | None, folder: Path) -> None:
    """Write the beginning of the check NAME, such as acme.cache.warm.

    A check that works, its test, and the lines by which it is found: in a package of your own, or
    in a checkout of sopctl. Never over a file that exists.
    """
    _new(context, Kind.CHECK, name, on, folder)


def _new(context: Context, kind: Kind, name: str, on: str | None, folder: Path) -> None:
    room = naming.room(kind, name, on or "")
    found = context.app.catalogs()
    if name in (found.actions if kind is Kind.ACTION else found.checks):
        raise UsageError(f"there is {naming.article(kind)} {name} already", hint="Choose another.")
    writing = plan.plan(room, folder.absolute())
    plan.write(writing)
    for path in writing.fresh:
        context.out.show([line("wrote ", (str(path), "strong"))])
    for path in writing.changed:
        context.out.show([line("added a line to ", (str(path), "strong"))])
    for each in writing.then:
        context.out.show([line("next: ", (each, "strong"))])
