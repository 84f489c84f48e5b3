"""The organisation's policy: a ceiling over what any runbook says it needs.

``policy.yaml`` has a mapping ``max_objects`` of kinds to ``{count: N, percent: N}``, and a list
``commands`` of the programs that runbooks may run, by absolute path; none without it. A mapping
``notify`` says how people are reached, by name, and who is told of what; see ``Announcing``. A
mapping ``readiness`` gives checks of readiness other parameters than those of the practice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

from sopctl.app import tampering
from sopctl.core.codec import Json, decode
from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.core.runbook import DEFAULT_GUARDRAIL, Guardrail
from sopctl.notation import strict_yaml

Limits = Mapping[str, Guardrail]
EVENTS: Final = ("step", "start", "gate", "failure", "end", "rollback")
"""What people can be told of: what a runbook says to nobody by name, and how a run goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcing:
    """*people*: by name, their addresses: URLs of apprise, or ``env:NAME`` or ``file:/path``.

    *tell*: by one of EVENTS, the names of who is told of it.
    """

    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tell: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_KEYS: Final = ("max_objects", "commands", "notify", "readiness")


def load(path: Path) -> Limits:
    """The limits in *path*; none if there is no file. A file that is wrong stops everything."""
    limits = _read(path).get("max_objects", {})
    if not isinstance(limits, Mapping):
        raise UsageError(
            f"max_objects in {path} is not a mapping of kinds",
            hint="Write max_objects: {aws.asg: {count: 20, percent: 30}}.",
        )
    return {kind: _limit(path, kind, fields) for kind, fields in limits.items()}


def commands(path: Path) -> tuple[str, ...]:
    """The programs that may be run; raises as ``load`` does."""
    listed = _read(path).get("commands", [])
    found = [str(each) for each in listed] if isinstance(listed, list) else [str(listed)]
    for each in found:
        if not PurePath(each).is_absolute():
            raise UsageError(
                f"{path} allows {each}, which is no absolute path",
                hint="Write commands: [/usr/local/bin/flip-dns].",
            )
    return tuple(found)


def readiness(path: Path) -> Mapping[str, Json]:
    """The parameters of checks, by their id, as they are written; raises as ``load`` does."""
    found = _read(path).get("readiness", {})
    if not isinstance(found, Mapping):
        raise UsageError(
            f"readiness in {path} is not a mapping of checks",
            hint="Write readiness: {ready.quotas: {others: 200}}.",
        )
    return found


def announcing(path: Path) -> Announcing:
    """Who is told of what; nobody without it. Raises as ``load`` does; addresses are not shown."""
    found = _read(path).get("notify", {})
    if not isinstance(found, Mapping) or set(found) - {"people", "tell"}:
        raise _unusable(path, "has something else than people and tell")
    people, tell = _lists(path, found, "people"), _lists(path, found, "tell")
    if unknown := sorted(set(tell) - set(EVENTS)):
        raise _unusable(path, f"tells of {unknown[0]}; there are {', '.join(EVENTS)}")
    for event, names in tell.items():
        if missing := sorted(set(names) - set(people)):
            raise _unusable(path, f"tells {missing[0]} of {event}, who is not among people")
    return Announcing(people=people, tell=tell)


def _lists(path: Path, fields: Mapping[str, Json], key: str) -> dict[str, tuple[str, ...]]:
    found = fields.get(key, {})
    if not isinstance(found, Mapping):
        raise _unusable(path, f"has {key} that are no mapping")
    lists = {name: each if isinstance(each, list) else [each] for name, each in found.items()}
    for name, each in lists.items():
        if not all(isinstance(one, str) for one in each):
            raise _unusable(path, f"has something else than text for {name} of {key}")
    return {name: tuple(map(str, each)) for name, each in lists.items()}


def _unusable(path: Path, what: str) -> UsageError:
    return UsageError(
        f"notify in {path} {what}",
        hint="Write notify: {people: {oncall: env:ONCALL_URL}, tell: {gate: [oncall]}}.",
    )


def _read(path: Path) -> Mapping[str, Json]:
    tampering.refuse(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", hint="Check that it is UTF-8.") from error
    document = strict_yaml.parse(text, str(path))
    if document.problems:
        raise InvalidRunbookError(f"{path} is not usable", problems=tuple(document.problems))
    found = {} if document.data is None else document.data
    if not isinstance(found, Mapping) or set(found) - set(_KEYS):
        raise UsageError(
            f"{path} has something else than {', '.join(_KEYS)}",
            hint="Write max_objects: {aws.asg: {count: 20, percent: 30}}.",
        )
    return found


def lowered(policy: Limits, needs: Limits, kinds: Iterable[str], most: int) -> Limits:
    """*policy*, and at most *most* objects of each of *kinds* (0: as it is); never more."""
    if not most:
        return policy
    found = dict(policy)
    for kind in kinds:
        now = policy.get(kind) or needs.get(kind) or DEFAULT_GUARDRAIL
        found[kind] = Guardrail(count=min(now.count, most), percent=now.percent)
    return found


def _limit(path: Path, kind: str, fields: Json) -> Guardrail:
    try:
        return decode(Guardrail, fields)
    except TypeError as error:
        raise UsageError(
            f"max_objects of {kind} in {path} is not usable: {error}",
            hint="Write count and percent, both whole numbers.",
        ) from error
