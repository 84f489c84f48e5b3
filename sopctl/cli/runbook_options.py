"""A runbook's parameters as real options of ``run`` and ``plan``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from sopctl.cli.context import Context
from sopctl.cli.options import PREFIX
from sopctl.core.codec import Json
from sopctl.core.errors import SopError
from sopctl.core.runbook import Parameter, ParameterType, Runbook

BOOK: Final = "sopctl.runbook"


class RunbookCommand(click.Command):
    """A command whose first argument names a runbook, and which has that runbook's options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        name = self._named(ctx, args)
        if name:
            try:
                ctx.meta[BOOK] = ctx.ensure_object(Context).app.library.load(name)
            except SopError:
                if not ctx.resilient_parsing:
                    raise
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # which command to read the help of
            raise

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        own = super().get_params(ctx)
        book: Runbook | None = ctx.meta.get(BOOK)
        if book is None:
            return own
        taken = {option for param in own for option in param.opts}
        theirs = (_option(parameter) for parameter in book.parameters)
        return [*(option for option in theirs if option.opts[0] not in taken), *own]

    def _named(self, ctx: click.Context, args: Sequence[str]) -> str:
        """The runbook among *args*: the first word that names one, else the first word."""
        own = [param for param in self.params if isinstance(param, click.Option)]
        loose = {"ignore_unknown_options": True, "allow_extra_args": True}
        probe = click.Command(
            self.name, params=[*own], context_settings=loose, add_help_option=False
        )
        left = probe.make_context(self.name, list(args), resilient_parsing=True).args
        words = [word for word in left if not word.startswith("-")]
        if len(words) <= 1:
            return "".join(words)
        known = set(ctx.ensure_object(Context).app.library.names())
        return next((word for word in words if word in known), words[0])


def loaded(ctx: click.Context) -> Runbook:
    """The runbook that the command line names."""
    book: Runbook = ctx.meta[BOOK]
    return book


class ZoneName(click.ParamType[str]):
    """A zone, as text; the shell completes those seen at the last plan."""

    name = "zone"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        del param
        zones = ctx.ensure_object(Context).app.seen_zones()
        return [
            CompletionItem(name, help=zone_id)
            for name, zone_id in zones
            if name.startswith(incomplete)
        ]


def _option(parameter: Parameter) -> click.Option:
    """The option of one parameter; values are checked by the runbook's own rules, later."""
    dest, flag = PREFIX + parameter.name, "--" + parameter.name.replace("_", "-")
    text = parameter.help
    if parameter.required:
        text = f"{text}  [required]"
    elif parameter.default is not None:
        text = f"{text}  [default: {_shown(parameter.default)}]"
    if parameter.type is ParameterType.BOOL:
        both = f"{flag}/--no-{flag.removeprefix('--')}"
        return click.Option([both, dest], default=None, help=text.strip())
    return click.Option([flag, dest], type=_type(parameter), default=None, help=text.strip())


def _type(parameter: Parameter) -> click.ParamType[Any]:
    if parameter.type is ParameterType.ENUM:
        return click.Choice(parameter.choices)
    if parameter.type is ParameterType.ZONE:
        return ZoneName()
    kind = click.types.StringParamType()
    kind.name = str(parameter.type)
    return kind


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)
