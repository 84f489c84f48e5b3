"""What has to hold between the fields of a runbook: rules that its shape cannot express.

Everything here looks at raw data, so that a runbook with a wrong shape is still checked as far as
it goes. A path that is not of the expected kind is passed over: the shape has reported it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from sopctl.core.codec import Json
from sopctl.core.runbook import StepKind
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook.inside import NOTHING, Inside

Fields: TypeAlias = Mapping[str, Json]

WORK: Final = ("uses", "check", "gate", "notify", "restore")
_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "before": ("check", "gate", "notify"),
    "steps": ("uses", "check", "gate", "notify"),
    "after": ("check", "gate", "notify"),
    "return": ("restore", "check", "gate", "uses"),
}
# Fields that mean something only for some kinds of work.
_ONLY_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "with": ("uses", "check", "notify"),
    "wait": ("check",),
    "empty": ("uses",),
    "select": ("uses",),
    "bound": ("uses",),
    "keep": ("uses",),
    "approve": ("uses", "gate"),
    "canary": ("restore",),
    "when": ("uses", "check", "gate", "notify"),
}


def check(data: Json, inside: Inside = NOTHING) -> Iterator[Finding]:
    """Everything wrong between fields; *inside*: what can be named of included runbooks."""
    if not isinstance(data, Mapping):
        return
    for section, allowed in _SECTIONS.items():
        for path, fields in entries(data, section):
            yield from _check_entry(path, fields, allowed)
    yield from _check_ids(data)
    yield from _check_needs(data, inside)
    yield from _check_restores(data, inside)


def entries(data: Fields, section: str) -> Iterator[tuple[Path, Fields]]:
    """The entries of one list of steps that are mappings, with their paths."""
    listed = data.get(section)
    if isinstance(listed, str) or not isinstance(listed, Sequence):
        return
    for index, fields in enumerate(listed):
        if isinstance(fields, Mapping):
            yield (section, index), fields


def step_ids(data: Fields) -> tuple[str, ...]:
    """The ids of the steps, in order."""
    return tuple(i for _, step in entries(data, "steps") if isinstance(i := step.get("id"), str))


def texts(value: Json) -> tuple[str, ...]:
    """The texts in a list."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return ()
    return tuple(item for item in value if isinstance(item, str))


def _check_entry(path: Path, fields: Fields, allowed: tuple[str, ...]) -> Iterator[Finding]:
    kinds = [kind for kind in fields if kind in WORK]
    one_of = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
    if not kinds:
        yield Finding(path=path, summary="there is nothing to do", hint=f"Add one of {one_of}.")
        return
    for kind in kinds:
        if kind not in allowed:
            yield Finding(
                path=(*path, kind), summary=f"{kind} cannot stand in {path[0]}",
                hint=f"Use one of {one_of}.", key=True,
            )  # fmt: skip
    for kind in kinds:
        if fields[kind] is None:
            yield Finding(path=(*path, kind), summary=f"{kind} is empty", hint="Say what.")
    for extra in kinds[1:]:
        yield Finding(
            path=(*path, extra), summary=f"{kinds[0]} and {extra} are two things to do",
            hint="Make two entries of them.", key=True,
        )  # fmt: skip
    for name, kinds_for in _ONLY_FOR.items():
        if name in fields and kinds[0] not in kinds_for:
            yield Finding(
                path=(*path, name), summary=f"{name} means nothing beside {kinds[0]}",
                hint=f"Remove it; it belongs to {' or '.join(kinds_for)}.", key=True,
            )  # fmt: skip
    # What an action of the way back touches is found when it is its turn.
    late = fields.get("select") == "late" or path[0] == "return"
    kept = fields.get("keep") is True
    if "bound" in fields and "uses" in fields and not (late or kept):
        yield Finding(
            path=(*path, "bound"), summary="bound is for late and kept steps only",
            hint="Add select: late or keep: true, or remove it.", key=True,
        )  # fmt: skip


def _check_ids(data: Fields) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    for section in _SECTIONS:
        for path, fields in entries(data, section):
            step = fields.get("id")
            if section == "steps" and "id" not in fields:
                yield Finding(
                    path=path, summary="the step has no id", hint="Add id: and a short name."
                )
            if not isinstance(step, str):
                continue
            if step in seen:
                yield Finding(
                    path=(*path, "id"), summary=f"the id {step} is used twice",
                    hint="Give every step a name of its own.",
                )  # fmt: skip
            seen.setdefault(step, path)


def _check_needs(data: Fields, inside: Inside) -> Iterator[Finding]:
    earlier: list[str] = []
    every = tuple(one for step in step_ids(data) for one in (step, *inside.ids(step)))
    for path, fields in entries(data, "steps"):
        for index, need in enumerate(texts(fields.get("needs"))):
            place = (*path, "needs", index)
            if need == fields.get("id"):
                yield Finding(path=place, summary=f"step {need} needs itself", hint="Remove it.")
            elif need not in every and not inside.is_unclear(need):
                hint = did_you_mean(need, every, what="steps")
                yield Finding(path=place, summary=f"there is no step {need}", hint=hint)
            elif need.partition(".")[0] not in earlier:
                yield Finding(
                    path=place, summary=f"step {need} comes later",
                    hint="Steps run in the order they are written; move it up.",
                )  # fmt: skip
        if isinstance(step := fields.get("id"), str):
            earlier.append(step)


def _check_restores(data: Fields, inside: Inside) -> Iterator[Finding]:
    restorable = tuple(_restorable(data, inside))
    every = (*step_ids(data), *restorable)
    seen: set[str] = set()
    for path, fields in entries(data, "return"):
        for index, step in enumerate(texts(fields.get("restore"))):
            place = (*path, "restore", index)
            if inside.is_unclear(step):
                continue
            if step in inside.books and "canary" in fields:
                yield Finding(
                    path=(*path, "canary"), summary="canary means nothing for a whole runbook",
                    hint="Remove it, or restore its steps one by one.", key=True,
                )  # fmt: skip
            if step not in every:
                hint = did_you_mean(step, every, what="steps")
                yield Finding(path=place, summary=f"there is no step {step}", hint=hint)
            elif step not in restorable:
                yield Finding(
                    path=place, summary=f"step {step} changes nothing", hint="Remove it here."
                )
            elif twice := seen & set(restored(step, inside)):
                yield Finding(
                    path=place, summary=f"step {min(twice)} is restored twice",
                    hint="Keep one of them.",
                )  # fmt: skip
            seen |= set(restored(step, inside))


def restored(step: str, inside: Inside) -> tuple[str, ...]:
    """What ``restore: [step]`` restores: itself, or everything that a whole runbook changes."""
    return (step, *inside.ids(step, StepKind.ACTION))


def _restorable(data: Fields, inside: Inside) -> Iterator[str]:
    for _, fields in entries(data, "steps"):
        if "uses" in fields and isinstance(step := fields.get("id"), str):
            yield from restored(step, inside)
