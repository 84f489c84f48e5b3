"""``sopctl drill``: rehearse a runbook in a world of its own, and see what it is worth."""

from __future__ import annotations

from typing import Final

import click

from sopctl.cli.lazy import Commands, LazyGroup

_ROOM: Final = "sopctl.cli.drills"
_RUN: Final = "run"
COMMANDS: Final[Commands] = {
    _RUN: (f"{_ROOM}.run:run", "Hold a drill; `sopctl drill NAME` is short for it."),
    "history": (f"{_ROOM}.history:history", "List the drills that were held, and their trend."),
    "show": (f"{_ROOM}.show:show", "Show a drill again, or write its page."),
}


class DrillGroup(LazyGroup):
    """A group in which the name of a runbook stands for `run` with that name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        if first and first not in COMMANDS and first not in ctx.help_option_names:
            args = [_RUN, *args]
        return super().parse_args(ctx, args)


@click.group(cls=DrillGroup, commands_table=COMMANDS)
def drill() -> None:
    """Rehearse a runbook in a world of its own, and see what it is worth.

    `sopctl drill az-failure` starts a sandbox beside yours, lets a zone fail there, runs the
    runbook by the same code as `sopctl run`, rolls it back, proves that everything is as it was,
    and compares with the same incident in which nobody does anything.
    """
