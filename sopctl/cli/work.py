"""What planning commands have in common: make the plan, show it, and say what it cost."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.app import drills, plans, seats, standing
from sopctl.app.desk import Desk
from sopctl.app.doctor import verified
from sopctl.app.place import Wish
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError, UsageError
from sopctl.core.journal import Record
from sopctl.core.plan import Plan
from sopctl.core.runbook import Runbook
from sopctl.engine.fold import fold
from sopctl.engine.state import RunState
from sopctl.views import drilled as drill_view
from sopctl.views import plan as plan_view
from sopctl.views import stats
from sopctl.views import verified as verified_view
from sopctl.views.lines import line
from sopctl.views.run import JsonView, LiveView, PlainView, RunView


def view(context: Context, asked: Asked, run: str, records: tuple[Record, ...] = ()) -> RunView:
    """The view of a run that fits the screen."""
    if asked.json:
        return JsonView(context.out, context.err)
    state = fold(run, records)
    if context.err.animated:
        return LiveView(context.err, state)
    return PlainView(context.err, state)


def given(context: Context, book: Runbook, asked: Asked) -> Mapping[str, Json]:
    """The parameters as given; a person is asked for what is missing."""
    from sopctl.runbook import parameters  # noqa: PLC0415  # pydantic takes 0.2 s

    values = dict(asked.values)
    for parameter in parameters.missing(book.parameters, values):
        option = parameters.option(parameter.name)
        if not context.terminal.interactive:
            raise UsageError(
                f"the parameter {parameter.name} is missing",
                hint=f"Give it with {option}" + (f": {parameter.help}" if parameter.help else "."),
            )
        choices = [(choice, choice) for choice in parameter.choices]
        question = f"{parameter.name} ({parameter.help or parameter.type})"
        values[parameter.name] = (
            context.terminal.choose(question, choices)
            if choices
            else context.terminal.ask(f"{question}:")
        )
    return values


def planned(context: Context, desk: Desk, book: Runbook, asked: Asked) -> Plan:
    """Make the plan that was asked for."""
    wish = Wish(runbook=book, given=given(context, book, asked), max_objects=asked.max_objects)
    plan = desk.plan(wish)
    context.app.remember_zones(plan)
    return plan


def from_file(desk: Desk, book: Runbook, asked: Asked) -> Plan | None:
    """The plan in the file that was named, if one was, made for this very target."""
    if asked.plan_file is None:
        return None
    if asked.values:
        given_too = ", ".join(sorted(asked.values))
        raise UsageError(
            f"parameters come from the plan with --plan; given too: {given_too}",
            hint="Leave the parameters out, or make a new plan without --plan.",
        )
    plan = plans.load(asked.plan_file, book, desk.place.target)
    desk.recognise(plan)
    return plan


def show(context: Context, plan: Plan, asked: Asked) -> None:
    if asked.json:
        context.out.data(plan_view.data(plan))
    else:
        known = () if plan.source_run else _known(context, plan)
        context.out.show(plan_view.lines(plan, full=asked.full, known=known))


def _known(context: Context, plan: Plan) -> tuple[str, ...]:
    """When the runbook was drilled and its target examined last, and how that went."""
    state = context.app.settings.state
    examined = verified.last(state, str(plan.target["name"]))
    return drill_view.last(drills.last(state, plan.runbook)), verified_view.last(examined)


def show_stats(context: Context, desk: Desk, asked: Asked) -> None:
    if asked.stats:
        context.err.show(stats.lines(desk.place.connection.calls.stats()))


def refuse_a_second(context: Context, plan: Plan, asked: Asked) -> None:
    """An open run of the same runbook with the same parameters is to be gone on with.

    Raises RefusedError where nobody says otherwise; --yes does not, --again does. One that is
    worked on right now is left to the lock of its target, which says who works on it.
    """
    if not (found := open_one_like(context, plan)) or asked.again:
        return
    if seats.holder_of(context.app.store, found[0]):
        return
    context.err.show([line(("warning: ", "warn"), found[1])])
    if not context.terminal.interactive:
        raise RefusedError(
            f"run {found[0]} of {plan.runbook} with the same parameters has not ended",
            hint=f"Go on with it by `sopctl resume {found[0]}`, or give --again.",
        )
    if not context.terminal.confirm("Start another run beside it?"):
        raise RefusedError("not started", hint=f"Go on by `sopctl resume {found[0]}`.")


def open_one_like(context: Context, plan: Plan) -> tuple[str, str] | None:
    """The open run of the same runbook and parameters, if there is one, and what to say of it."""
    state = standing.open_like(standing.states(context.app.store), plan)
    if state is None:
        return None
    how = standing.described(state, context.app.now_of(state))
    return state.run, f"run {how}: go on with it by `sopctl resume {state.run}`"


def already_held(desk: Desk, plan: Plan) -> str:
    """The run that made everything so already with the same runbook and parameters; or empty."""
    holders = {joined.run for step in plan.steps for joined in step.joined}
    if not holders or any(step.changes or step.unplanned for step in plan.steps):
        return ""
    for run in sorted(holders):
        state: RunState = desk.state(run)
        before = state.plan
        if before and before.runbook == plan.runbook and before.params == plan.params:
            return run
    return ""
