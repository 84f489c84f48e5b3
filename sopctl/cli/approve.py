"""``sopctl approve``: answer the gate that a run waits at."""

from __future__ import annotations

import click

from sopctl.app import actor, standing
from sopctl.app.desk import Desk
from sopctl.cli import completions, onwards, options
from sopctl.cli.context import Context
from sopctl.core.errors import RefusedError, UsageError
from sopctl.core.journal import Entry
from sopctl.core.runbook import ApproveBy
from sopctl.engine import records
from sopctl.engine.state import RunState


@click.command()
@click.argument("run", required=False, default="", shell_complete=completions.runs)
@click.option(
    "--answer",
    default="",
    metavar="TEXT",
    help="yes, no, or what the gate asks for; asked for on a terminal.",
)
@options.output
@options.target
@options.consenting
@click.pass_obj
def approve(context: Context, /, run: str, answer: str, **given: object) -> int:
    """Answer the gate at which RUN is parked, and go on with it.

    Without RUN, of the one run that has not ended.
    """
    asked = options.asked(given)
    if not answer and not context.terminal.interactive:
        raise UsageError("--answer is missing", hint="Give --answer yes or --answer no.")
    found = standing.states(context.app.store, asked.target)
    state = standing.find(found, run) if run else onwards.open_one(context, found)

    def decide(_: Desk, found: RunState) -> list[Entry]:
        if not answer:
            return []  # the gate itself asks, as for `sopctl resume`
        return [_answer(found, answer, asked.reason)]

    return onwards.go_on(context, asked, state, decide)


def _answer(state: RunState, answer: str, reason: str) -> Entry:
    """The record of the answer; raises if there is no gate, or this person may not answer it."""
    if not state.parked or state.parked["why"] != "gate":
        raise UsageError(
            f"run {state.run} waits at no gate", hint="See where it stands: `sopctl status`."
        )
    gate, by = str(state.parked["work"]), actor.user()
    key = gate.partition(":")[2] or gate
    step = next((work.plan for work in state.works if work.key == key), None)
    approve = step.approve if step and gate.startswith("approve:") else None
    if approve and approve.by is ApproveBy.OTHER and by == state.header.get("user"):
        raise RefusedError(
            f"step {key} needs the approval of somebody other than {by}",
            hint="Have a colleague answer it.",
        )
    if approve and approve.reason and not reason:
        raise UsageError(f"step {key} needs a reason", hint="Give --reason TEXT.")
    return records.answer(gate, answer, by, reason)
