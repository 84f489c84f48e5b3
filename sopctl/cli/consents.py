"""A person's consent to exactly one plan. Nobody there, nothing said: no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sopctl.app import actor
from sopctl.app.targets import CURRENT
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.core.errors import ApprovalMissingError, RefusedError, WrongTargetError
from sopctl.core.journal import Entry
from sopctl.core.plan import Plan, PlannedStep
from sopctl.engine import records
from sopctl.views import plan as plan_view
from sopctl.views.lines import line

PRODUCTION = ("prod", "production")


def obtain(context: Context, plan: Plan, asked: Asked) -> Entry:
    """The consent to *plan*, as a record; raises RefusedError or ApprovalMissingError."""
    how = _to_steps(context, plan.steps, asked)
    if context.terminal.interactive and (not asked.yes or _is_grave(plan)):
        context.err.show([plan_view.once_more(plan)])
    how.append(agree_to_change(context, plan, asked, "Apply this plan?"))
    return records.consent(actor.user(), ", ".join(how), plan.hash)


def agree_to_change(context: Context, plan: Plan, asked: Asked, question: str) -> str:
    """Agree to what changes the target of *plan*: by its id where that is asked for."""
    if _is_grave(plan):
        return _to_target(context, plan, asked)
    return agree(context, asked, question)


def agree(context: Context, asked: Asked, question: str) -> str:
    """Yes, and how it was said; raises RefusedError for anything else."""
    if asked.yes:
        return "--yes"
    if not context.terminal.interactive:
        raise RefusedError(
            "there is no terminal to ask on, and consent was not given",
            hint="Look at it with --dry-run, then give --yes.",
        )
    if not context.terminal.confirm(question):
        raise RefusedError("not confirmed", hint="Nothing was changed.")
    return "typed yes"


def _is_grave(plan: Plan) -> bool:
    """Production, or a target that nobody gave a name and pinned: its id has to be typed."""
    labels: Any = plan.target.get("labels", {})
    return plan.target.get("name") == CURRENT or labels.get("env", "") in PRODUCTION


def _ids(target: Mapping[str, Any]) -> list[str]:
    """What may be typed to show that one knows where one is; the first is asked for."""
    zones = [zone["id"] for zone in target.get("zones", ()) if zone.get("id")]
    found = [*zones, target.get("account", ""), target.get("cluster_uid", ""), target["name"]]
    return [str(each) for each in found if each and each != CURRENT]


def _to_target(context: Context, plan: Plan, asked: Asked) -> str:
    ids = _ids(plan.target)
    if not ids:
        raise RefusedError(
            f"nobody says which target {plan.target['name']} is",
            hint="No --target was given: this is the current kubeconfig context and AWS"
            " environment. Name it with `sopctl target add`, or practise with --target sandbox.",
        )
    if asked.confirm_target:
        if asked.confirm_target not in ids:
            raise WrongTargetError(
                f"--confirm-target {asked.confirm_target} is not this target",
                hint=f"This one is {', '.join(ids)}.",
            )
        return f"--confirm-target {asked.confirm_target}"
    if not context.terminal.interactive:
        raise RefusedError(
            f"target {plan.target['name']} needs a typed confirmation, and --yes is none",
            hint=f"Give --confirm-target {ids[0]} if that is where you mean to be.",
        )
    typed = context.terminal.ask(f"Type {ids[0]} to apply this plan:")
    if typed != ids[0]:
        raise RefusedError("not confirmed", hint="Nothing was changed.")
    return f"typed {typed}"


def _to_steps(context: Context, steps: Sequence[PlannedStep], asked: Asked) -> list[str]:
    """Steps that leave something behind are agreed to one by one."""
    open_ones = [
        step
        for step in steps
        if step.consent and not step.skipped and (step.changes or step.late or step.unplanned)
    ]
    how = []
    for step in open_ones:
        if step.id in asked.consent or "all" in asked.consent:
            how.append(f"--consent {step.id}")
        elif not context.terminal.interactive:
            raise ApprovalMissingError(
                f"step {step.id} needs a consent of its own: {step.consent}",
                hint=f"Give --consent {step.id}, or leave the step out by a parameter.",
            )
        else:
            context.err.show([line((f"{step.id}: ", "strong"), (step.consent, "warn"))])
            if not context.terminal.confirm(f"Agree to {step.id}?"):
                raise RefusedError(f"step {step.id} is not agreed to", hint="Nothing was changed.")
            how.append(f"typed yes to {step.id}")
    return how
