"""``sopctl sandbox fail-zone`` and ``heal-zone``."""

from __future__ import annotations

import click

from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle
from sopctl.views.lines import line


@click.command("fail-zone")
@click.argument("zone")
@click.pass_obj
def fail_zone(context: Context, /, zone: str) -> None:
    """Let ZONE fail: its nodes go silent, and nothing launches there."""
    _tell(context, "/fail-zone", zone)
    context.out.show([line(f"{zone} has failed")])


@click.command("heal-zone")
@click.argument("zone")
@click.pass_obj
def heal_zone(context: Context, /, zone: str) -> None:
    """Let ZONE come back."""
    _tell(context, "/heal-zone", zone)
    context.out.show([line(f"{zone} is back")])


def _tell(context: Context, path: str, zone: str) -> None:
    found = lifecycle.required(context.app.settings.state)
    lifecycle.control(found, "POST", path, {"zone": zone})
