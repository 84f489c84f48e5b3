"""Parameters to try a runbook with, from what is there: any zone, any node, any group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sopctl.core.codec import Json
from sopctl.core.runbook import Parameter, ParameterType, Runbook
from sopctl.facts.snapshot import Snapshot

Given = Mapping[str, Json]


def of(book: Runbook, facts: Snapshot) -> list[Given]:
    """Every zone in turn, where *book* wants one; else one set of parameters.

    None at all if it wants something that there is none of, or that cannot be guessed.
    """
    needed = [each for each in book.parameters if each.required]
    zones = [each for each in needed if each.type is ParameterType.ZONE]
    others = {each.name: list(_choices(each, facts)) for each in needed if each not in zones}
    if not all(others.values()):
        return []
    base = {name: values[0] for name, values in others.items()}
    if not zones:
        return [base]
    return [base | {each.name: zone for each in zones} for zone in _zones(facts)]


def named(given: Given) -> str:
    """Such as ``zone us-east-1a``, for people."""
    return ", ".join(f"{name} {value}" for name, value in given.items())


def _zones(facts: Snapshot) -> Sequence[str]:
    return sorted({each.zone for each in facts.nodes() if each.zone})


def _choices(parameter: Parameter, facts: Snapshot) -> Iterator[Json]:
    """By the words that runbooks use for what they want."""
    if parameter.choices:
        yield from parameter.choices
    elif parameter.name == "at_least":
        yield max((each.desired for each in facts.groups()), default=0) + 1
    elif parameter.type is ParameterType.INT:
        yield 1
    elif parameter.name == "node":
        yield from (each.name for each in facts.nodes())
    elif parameter.name == "group":
        yield from (each.name for each in facts.groups() if not each.managed)
