"""A plan on the screen: where, how much, and every resource from before to after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sopctl.core.action import Undo
from sopctl.core.codec import Json, encode
from sopctl.core.plan import Allowed, Fidelity, Plan, PlannedChange, PlannedStep
from sopctl.core.runbook import OnFailure, StepKind
from sopctl.views import consequences, states
from sopctl.views.lines import EMPTY, Line, Span, count, line

UNNAMED = "current"  # the target that nobody gave a name: shown in full
FOLD = 4  # alike changes that are shown by name

_UNDO: Mapping[Undo, str] = {
    Undo.EXACT: "exact, the before-image is written back",
    Undo.OWNER_RECREATES: "not needed, its owner makes a new one",
    Undo.RESIDUE: "leaves something behind",
    Undo.NONE: "there is no way back",
}
_KIND: Mapping[StepKind, str] = {
    StepKind.CHECK: "check",
    StepKind.GATE: "gate",
    StepKind.NOTIFY: "notify",
}


def lines(plan: Plan, *, full: bool = False, known: Sequence[str] = ()) -> list[Line]:
    """The whole plan; *full* names every resource instead of folding those that change alike.

    *known* is what is known before: when the runbook was rehearsed and its target examined last.
    """
    shown = [target(plan), _title(plan), _counts(plan), EMPTY]
    shown[2:2] = [line((each, "quiet")) for each in known]
    for number, each in enumerate(plan.steps, 1):
        shown += step(number, each, full=full)
    shown += consequences.lines(plan, full=full)
    shown += _permissions(plan)
    for warning in plan.warnings:
        shown.append(line(("warning: ", "warn"), warning))
    if plan.revert_within:
        within = states.duration(plan.revert_within)
        shown.append(line(f"To be rolled back within {within}."))
    return shown


def target(plan: Plan) -> Line:
    """Where: the first line of everything that could change something."""
    found: Mapping[str, Any] = plan.target
    parts = [str(found.get("name", "?"))]
    if account := found.get("account"):
        parts.append(f"account {account}")
    if region := found.get("region"):
        parts.append(str(region))
    uid, server = found.get("cluster_uid"), found.get("server")
    if uid or server:
        parts.append("cluster " + " at ".join(str(each) for each in (uid, server) if each))
    parts += [f"zone {zone['name']}" + _zone_id(zone) for zone in found.get("zones", ())]
    if found.get("name") == UNNAMED:
        whose = (("context", "context"), ("profile", "profile"), ("caller", "as"))
        parts += [f"{word} {found[key]}" for key, word in whose if found.get(key)]
    spans: list[Span] = [(", ".join(parts), "target")]
    if env := found.get("labels", {}).get("env"):
        spans.append((f"  env={env}", "danger" if env.startswith("prod") else "quiet"))
    return line(*spans)


def once_more(plan: Plan) -> Line:
    """Where and how much, in the line above the question: the plan may have scrolled away."""
    found: Mapping[str, Any] = plan.target
    zones = [f", zone {zone['name']}{_zone_id(zone)}" for zone in found.get("zones", ())]
    late = sum(step.late and not step.skipped for step in plan.steps)
    more = f", and what {count(late, 'step')} will select" if late else ""
    where = f"{found.get('name', '?')}{''.join(zones)}"
    return line((where, "target"), f": {_size(plan)}{more}")


def _size(plan: Plan) -> str:
    objects = {change.resource.whole for step in plan.steps for change in step.changes}
    return f"{count(plan.changes, 'change')} to {count(len(objects), 'object')}"


def data(plan: Plan) -> Json:
    """The plan as JSON: what `--plan-out` writes and `-o json` prints."""
    return {"schema": "sopctl.plan/1", "hash": plan.hash, "plan": encode(plan)}


def _permissions(plan: Plan) -> list[Line]:
    """What is denied, with the steps that it blocks, and how much is not known."""
    shown = [
        line(("denied: ", "bad"), (right, "strong"), f", which {', '.join(steps)} needs")
        for right, steps in plan.blocked().items()
    ]
    unknown = [each for each in plan.permissions if each.verdict is Allowed.UNKNOWN]
    if unknown:
        text = f"{count(len(unknown), 'permission')} of {len(plan.permissions)} not known"
        shown.append(line(("note: ", "quiet"), f"{text}: {unknown[0].why}"))
    return shown


def _zone_id(zone: Mapping[str, Any]) -> str:
    return f" ({zone['id']})" if zone.get("id") else " (id unknown)"


def _title(plan: Plan) -> Line:
    params = " ".join(f"{k}={states.value(v)}" for k, v in plan.params.items() if v is not None)
    of = f" (run {plan.source_run})" if plan.source_run else ""
    return line((plan.runbook, "strong"), f": {plan.title}{of}  ", (params, "quiet"))


def _counts(plan: Plan) -> Line:
    """How much, in one line."""
    if plan.empty:
        why = "is back already" if plan.source_run else "is as the runbook wants it"
        return line(("Nothing to do.", "good"), f" Everything {why}.")
    acting = [step for step in plan.steps if step.changes]
    text = f"{_size(plan)} in {count(len(acting), 'step')}"
    for kind, word in _KIND.items():
        if number := sum(step.kind is kind and not step.skipped for step in plan.steps):
            text += f", {count(number, word)}"
    for what, number in (
        ("selected later", sum(step.late and not step.skipped for step in plan.steps)),
        ("unplanned", sum(bool(step.unplanned) for step in plan.steps)),
        ("skipped", sum(bool(step.skipped) for step in plan.steps)),
    ):
        text += f", {number} {what}" if number else ""
    return line((text, "strong"), ". Nothing has been changed yet.")


def step(number: int, step: PlannedStep, *, full: bool = False) -> list[Line]:
    """One step with everything a person has to know of it."""
    shown = [_heading(number, step)]
    if step.why and not step.back:
        shown.append(line((step.why, "quiet"), indent=4))
    if step.skipped or step.unplanned:
        shown.append(line((step.skipped or step.unplanned, "warn"), indent=4))
    shown += changes(step.changes, full=full)
    if step.unchanged:
        shown.append(
            line((f"{count(len(step.unchanged), 'resource')} already so", "quiet"), indent=4)
        )
    for joined in step.joined[: None if full else FOLD]:
        text = f"{joined.resource} is already so because of run {joined.run}: joined"
        shown.append(line(text, indent=4))
    shown += _notes(step.notes, full=full)
    shown += [line((name, "quiet"), text, indent=4) for name, text in _facts(step)]
    return [*shown, EMPTY]


def _heading(number: int, step: PlannedStep) -> Line:
    spans: list[str | Span] = [f"{number:2}. ", (step.id, "strong")]
    spans.append(f"  {step.uses}" if step.kind is StepKind.ACTION else f"  {_KIND[step.kind]}")
    if step.kind is StepKind.ACTION and not (step.skipped or step.unplanned):
        spans.append(f"  {count(len(step.changes), 'change')}")
        if step.fidelity is not Fidelity.EXACT:
            spans.append((f"  {step.fidelity}", "warn"))
    return line(*spans)


def changes(found: Sequence[PlannedChange], *, full: bool = False) -> list[Line]:
    """Changes that are alike stand together: what they are, then which."""
    alike: dict[str, list[PlannedChange]] = {}
    spans: dict[str, list[Span]] = {}
    for change in found:
        difference = states.difference(change.before, change.after, full=full)
        key = f"{change.resource.kind}|{change.resource.part}|{difference}"
        alike.setdefault(key, []).append(change)
        spans[key] = difference
    shown = []
    for key, group in alike.items():
        names = list(dict.fromkeys(change.resource.name for change in group))
        some = names if full else names[:FOLD]
        more = f" and {len(names) - len(some)} more" if len(some) < len(names) else ""
        head = group[0].resource
        part = f" [{head.part}]" if head.part else ""
        mark = f"  (marked {group[0].mark} first)" if full and group[0].mark else ""
        shown.append(line(f"{head.kind}{part}: ", *spans[key], (mark, "quiet"), indent=4))
        shown.append(line(", ".join(some) + more, indent=8))
    return shown


def _note(note: str) -> Line:
    """A note; the answer that a check gives while planning has a sign of its own."""
    label, found, rest = note.partition("now: ")
    if found and not label:
        style = "quiet" if rest.startswith("holds") else "warn"
        return line(("now: ", "quiet"), (rest, style), indent=4)
    return line(("note: ", "quiet"), note, indent=4)


def _notes(notes: Sequence[str], *, full: bool) -> list[Line]:
    """What was left out and why; of many the first, and how many more there are."""
    some = notes if full or len(notes) <= FOLD + 1 else notes[:FOLD]
    shown = [_note(note) for note in some]
    if len(some) < len(notes):
        more = f"and {len(notes) - len(some)} more notes, shown with --full"
        shown.append(line((more, "quiet"), indent=4))
    return shown


def _facts(step: PlannedStep) -> list[tuple[str, str]]:
    """What else a person has to know of a step; a fact without a text does not apply."""
    if step.skipped:
        return []
    acts = step.kind is StepKind.ACTION
    within = f", up to {states.duration(step.wait)}" if step.wait else ""
    tells = step.kind is StepKind.NOTIFY
    usual = OnFailure.CONTINUE if tells else OnFailure.STOP
    facts = [
        ("asks: ", step.uses + within if step.kind is StepKind.CHECK else ""),
        ("says: ", step.uses if step.kind in (StepKind.GATE, StepKind.NOTIFY) else ""),
        ("tells: ", _to(step) if tells else ""),
        ("late: ", _late(step)),
        ("kept: ", _kept(step)),
        ("when: ", f"{step.when}, decided when it starts" if step.late_when else ""),
        ("watches: ", step.effect),
        ("waits for: ", _waits(step)),
        ("undo: ", _undo(step) if acts and not step.back else ""),
        ("stays behind: ", step.undoes),
        ("needs consent: ", step.consent),
        ("approval: ", _approval(step)),
        ("on failure: ", "" if step.on_failure is usual else str(step.on_failure)),
    ]
    return [(name, text) for name, text in facts if text]


def _undo(step: PlannedStep) -> str:
    if step.fidelity is Fidelity.OPAQUE and step.undo is Undo.EXACT:
        return "as the runbook declares, until the check does not hold any more"
    return _UNDO[step.undo]


def _to(step: PlannedStep) -> str:
    to = step.params.get("to") if isinstance(step.params, Mapping) else ()
    return ", ".join(map(str, to)) if isinstance(to, Sequence) else ""


def _late(step: PlannedStep) -> str:
    return f"selected again when it starts, at most {step.bound} objects" if step.late else ""


def _kept(step: PlannedStep) -> str:
    if not step.keep or step.back:
        return ""
    return f"`sopctl watch` applies it to what appears later, at most {step.bound} objects in all"


def _approval(step: PlannedStep) -> str:
    if step.approve is None:
        return ""
    reason = ", with a reason" if step.approve.reason else ""
    return f"by {step.approve.by}{reason}, before it starts"


def _waits(step: PlannedStep) -> str:
    if step.needs:
        return "the effect of " + ", ".join(step.needs)
    return "all outstanding effects" if step.barrier else ""
