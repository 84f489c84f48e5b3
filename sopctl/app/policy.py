"""The organisation's policy: a ceiling over what any runbook says it needs.

``policy.yaml`` has a mapping ``max_objects`` of kinds to ``{count: N, percent: N}``, and a list
``commands`` of the programs that runbooks may run, by absolute path; none without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath

from sopctl.core.codec import Json, decode
from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.core.runbook import DEFAULT_GUARDRAIL, Guardrail
from sopctl.notation import strict_yaml

Limits = Mapping[str, Guardrail]


def load(path: Path) -> Limits:
    """The limits in *path*; none if there is no file. A file that is wrong stops everything."""
    limits = _read(path).get("max_objects", {})
    if not isinstance(limits, Mapping):
        return {}
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


def _read(path: Path) -> Mapping[str, Json]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", hint="Check that it is UTF-8.") from error
    document = strict_yaml.parse(text, str(path))
    if document.problems:
        raise InvalidRunbookError(f"{path} is not usable", problems=tuple(document.problems))
    found = document.data
    if not isinstance(found, Mapping) or not found or set(found) - {"max_objects", "commands"}:
        raise UsageError(
            f"{path} has something else than max_objects and commands",
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
