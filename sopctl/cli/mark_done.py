"""``sopctl mark-done``: a step was done by hand; look, and believe what is seen."""

from __future__ import annotations

import click

from sopctl.app import actor, standing
from sopctl.app.desk import Desk
from sopctl.cli import completions, onwards, options
from sopctl.cli.context import Context
from sopctl.core.errors import UsageError
from sopctl.core.journal import Entry
from sopctl.engine import records
from sopctl.engine.state import BAD_OUTCOMES, Outcome, RunState


@click.command("mark-done")
@click.argument("run", shell_complete=completions.runs)
@click.argument("step")
@options.output
@options.consenting
@click.pass_obj
def mark_done(context: Context, /, run: str, step: str, **given: object) -> int:
    """Say that STEP of RUN was done by hand. It is read back; only what is seen is believed."""
    asked = options.asked(given)
    if not asked.reason:
        raise UsageError("mark-done needs a reason", hint="Give --reason TEXT.")
    state = standing.find(standing.states(context.app.store), run)

    def decide(_: Desk, found: RunState) -> list[Entry]:
        work = next((w for w in found.works if w.key == step and not w.superseded), None)
        if work is None or work.outcome not in (*BAD_OUTCOMES, Outcome.PENDING_RETRY):
            raise UsageError(
                f"run {found.run} has no step {step} that waits for a hand",
                hint=f"See `sopctl audit show {found.run}`.",
            )
        return [records.decision(step, "by-hand", actor.user(), asked.reason)]

    return onwards.go_on(context, asked, state, decide)
