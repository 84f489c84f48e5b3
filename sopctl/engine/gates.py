"""Where a person has to be asked before a step goes on: pure, as ``decide`` is."""

from __future__ import annotations

from sopctl.core.action import AnyAction
from sopctl.core.codec import decode
from sopctl.engine import guardrails
from sopctl.engine.compare import change_of
from sopctl.engine.guardrails import objects
from sopctl.engine.moves import AskWhen, Close, Move, Park
from sopctl.engine.state import Outcome, Phase, RunState, Work


def verdict_moved(state: RunState, work: Work) -> Move | None:
    """A `when` that says something else than when it was planned becomes a gate."""
    plan, gate = work.plan, f"when:{work.key}"
    if not plan.when or plan.late_when or plan.unplanned:
        return None
    if work.runs is None:
        return AskWhen(work.key)
    if not work.verdict_moved or gate in state.answers:
        return None
    then, now = ("false", "true") if work.runs else ("true", "false")
    do = "leave it out" if work.runs else "carry it out"
    what = f"`when: {plan.when}` of step {work.key} was {then} when planned and is {now}"
    return Park("gate", f"{what}; {do} all the same, as planned?", gate)


def approval(state: RunState, work: Work) -> Move | None:
    answer = state.answers.get(f"approve:{work.key}")
    if answer is None:
        return Park("gate", f"approve step {work.key}: {work.plan.why}", f"approve:{work.key}")
    if answer["answer"] != "yes":
        return Close(work.key, Outcome.DECLINED, f"declined by {answer['by']}")
    return None


def gate(state: RunState, work: Work) -> Move:
    answer = state.answers.get(work.key)
    if answer is None:
        return Park("gate", work.plan.uses, work.key)
    if answer["answer"] == "no":
        return Close(work.key, Outcome.DECLINED, f"declined by {answer['by']}")
    return Close(work.key, Outcome.ANSWERED, str(answer["answer"]))


def beyond_bound(state: RunState, work: Work) -> Move | None:
    """A late selection larger than what was consented to becomes a gate."""
    if not work.plan.late or work.bound_ok or not (what := _too_much(state, work)):
        return None
    gate = f"bound:{work.key}"
    answer = state.answers.get(gate)
    if answer and answer["answer"] == "no":
        return Close(work.key, Outcome.DECLINED, f"declined by {answer['by']}")
    return Park("gate", what, gate)


def by_hand(state: RunState, work: Work, action: AnyAction) -> Move | None:
    """What was accepted by a person waits at a gate until they say that it is done."""
    asked = [item for item in work.open_items if item.phase is Phase.ACCEPTED]
    if action.instructions is None or not asked:
        return None
    gate = f"manual:{work.key}"
    answer = state.answers.get(gate)
    if answer is None:
        params = decode(action.params, work.plan.params)
        return Park("gate", action.instructions(params, change_of(action, asked[0])), gate)
    if answer["answer"] == "no":
        return Close(work.key, Outcome.DECLINED, f"not done, says {answer['by']}")
    return None


def _too_much(state: RunState, work: Work) -> str:
    """How a late selection goes beyond its own bound, or the whole run beyond its guardrail."""
    found = objects(work.items)
    if found > work.plan.bound:
        return f"step {work.key} now finds {found} objects; the plan allowed {work.plan.bound}"
    kind = next((resource.kind for resource in work.items), "")
    if state.plan is None or not (allowed := state.plan.guardrails.get(kind)):
        return ""
    ours = [each for w in state.works if not w.back for each in w.items if each.kind == kind]
    excess = guardrails.excess(kind, ours, work.plan.population, allowed)
    return f"with step {work.key} {excess}" if excess else ""
