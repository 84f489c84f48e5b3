"""``sopctl sandbox fault``: what a bad day does to the world, and to calls of both halves."""

from __future__ import annotations

from typing import Any, get_args

import click

from sopctl.app import scenarios
from sopctl.cli.context import Context
from sopctl.core.codec import Json
from sopctl.core.errors import UsageError
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.scenario.model import Answer
from sopctl.views.lines import line

lasting = click.option(
    "--for", "lasts", default="10m", metavar="DURATION", help="How long, of the world's time."
)
zones = click.option("--zone", "zones", multiple=True, metavar="ZONE", help="Where; may repeat.")


@click.group()
def fault() -> None:
    """Let something go wrong in the sandbox now; the same things that a scenario can plan.

    `sopctl sandbox fault clear` ends what was ordered for calls; `heal` brings a zone back.
    """


@fault.command()
@click.argument("zone")
@click.option("--gray", is_flag=True, help="Nodes stay Ready; only launches fail.")
@click.pass_obj
def zone(context: Context, /, zone: str, *, gray: bool) -> None:
    """Let ZONE fail: its nodes go silent, and nothing launches there."""
    _order(context, "gray_failure" if gray else "zone_outage", {"zone": zone})


@fault.command()
@click.argument("zone")
@click.pass_obj
def heal(context: Context, /, zone: str) -> None:
    """Let ZONE come back."""
    _order(context, "heal", {"zone": zone})


@fault.command()
@click.argument("group")
@click.option("--count", type=click.IntRange(min=1), default=1, help="How many of its nodes.")
@click.pass_obj
def silence(context: Context, /, group: str, count: int) -> None:
    """Let kubelets of the Auto Scaling group GROUP hang; EC2 finds their instances healthy."""
    _order(context, "node_silence", {"group": group, "count": count})


@fault.command("spot-surge")
@zones
@click.option("--percent", type=click.IntRange(1, 100), default=30, help="Of spot, each wave.")
@click.option("--every", default="5m", metavar="DURATION", help="From one wave to the next.")
@lasting
@click.pass_obj
def spot_surge(context: Context, /, **given: Any) -> None:  # noqa: ANN401  # what click hands over
    """Let spot instances be reclaimed, in waves, everywhere or in some zones."""
    _order(context, "spot_surge", given)


@fault.command()
@zones
@click.option("--more", type=click.IntRange(min=0), default=0, help="Each still takes so many.")
@lasting
@click.pass_obj
def drought(context: Context, /, **given: Any) -> None:  # noqa: ANN401  # as above
    """Let zones run out of capacity: so many more instances launch there, and then none."""
    if not given["zones"]:
        raise UsageError("no zone is named", hint="Give --zone, such as --zone us-east-1b.")
    _order(context, "drought", given)


@fault.command()
@click.argument("api", type=click.Choice(["aws", "kubernetes"]))
@click.option(
    "--calls",
    default="*",
    help="aws: service:Operation with *, such as autoscaling:Describe*; "
    "kubernetes: a regular expression found in the path.",
)
@click.option(
    "--answer",
    type=click.Choice(get_args(Answer)),
    default="throttle",
    help="What becomes of such a call.",
)
@click.option("--percent", type=click.IntRange(1, 100), default=50, help="Of the calls.")
@click.option(
    "--seconds", type=click.IntRange(0, 600), default=2, help="How slow are slow and drip."
)
@lasting
@click.pass_obj
def brownout(context: Context, /, **given: Any) -> None:  # noqa: ANN401  # as above
    """Let a control plane answer badly to its clients; the world's own parts are spared."""
    _order(context, "brownout", given)


@fault.command()
@click.pass_obj
def clear(context: Context, /) -> None:
    """End every fault that was ordered for calls, of both halves."""
    running = lifecycle.required(context.app.settings.state)
    lifecycle.control(running, "POST", "/faults", {"clear": True})
    context.out.show([line("calls are answered as usual")])


def _order(context: Context, kind: str, details: Json) -> None:
    event = scenarios.event(kind, details)
    running = lifecycle.required(context.app.settings.state)
    lifecycle.control(running, "POST", "/timeline/event", {"event": event})
    context.out.show([line(scenarios.said(event))])
