"""``sopctl approve``: answer the gate that a run waits at."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app import actor, standing
from sopctl.app.desk import Desk
from sopctl.cli import completions, onwards, options, signing
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
@click.option(
    "--request",
    type=options.FILE,
    metavar="FILE",
    help="Write to FILE what a colleague is to sign on another machine.",
)
@click.option(
    "--signed",
    type=options.FILE,
    metavar="FILE",
    help="Answer by FILE, with a colleague's signature in FILE.sig.",
)
@options.output
@options.target
@options.consenting
@click.pass_obj
def approve(
    context: Context,
    /,
    run: str,
    answer: str,
    request: Path | None,
    signed: Path | None,
    **given: object,
) -> int:
    """Answer the gate at which RUN is parked, and go on with it.

    Without RUN, of the one run that has not ended.
    """
    asked = options.asked(given)
    if signed and (request or answer):
        raise UsageError(
            "--signed goes with neither --request nor --answer",
            hint="The answer stands in the signed file.",
        )
    if not answer and not request and not signed and not context.terminal.interactive:
        raise UsageError("--answer is missing", hint="Give --answer yes or --answer no.")
    found = standing.states(context.app.store, context.app.known(asked.target))
    state = standing.find(found, run) if run else onwards.open_one(context, found)

    if request:
        return signing.ask(context, asked, state, request, answer or "yes")
    if signed:
        return signing.use(context, asked, state, signed)

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
            hint=f"Have a colleague sign it: `sopctl approve {state.run} --request FILE`.",
        )
    if approve and approve.reason and not reason:
        raise UsageError(f"step {key} needs a reason", hint="Give --reason TEXT.")
    return records.answer(gate, answer, by, reason)
