"""A group that knows its commands by name, and imports one only when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, TypeAlias

import click

from sopctl.core.errors import UsageError

Commands: TypeAlias = Mapping[str, tuple[str, str]]
"""Name -> (``module:attribute``, one sentence of help)."""


class LazyGroup(click.Group):
    """*commands_table* is what there is; help is drawn from it alone."""

    # What click hands to a group is click's business.
    def __init__(self, *args: Any, commands_table: Commands, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._table = commands_table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's interface
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's interface
        if cmd_name not in self._table:
            return None
        module, _, attribute = self._table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from sopctl.notation.suggest import did_you_mean  # noqa: PLC0415  # only for what is wrong

        if not ctx.resilient_parsing and args[0] not in self._table and not args[0].startswith("-"):
            hint = did_you_mean(args[0], list(self._table), what="commands")
            raise UsageError(f"there is no command `{ctx.command_path} {args[0]}`", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's interface
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._table.items()])
