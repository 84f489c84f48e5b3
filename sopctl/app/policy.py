"""The organisation's policy: a ceiling over what any runbook says it needs.

``policy.yaml`` has a mapping ``max_objects`` of kinds to ``{count: N, percent: N}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sopctl.core.codec import Json, decode
from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.core.runbook import DEFAULT_GUARDRAIL, Guardrail
from sopctl.notation import strict_yaml

Limits = Mapping[str, Guardrail]


def load(path: Path) -> Limits:
    """The policy in *path*; none if there is no file. A file that is wrong stops everything."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", hint="Check that it is UTF-8.") from error
    document = strict_yaml.parse(text, str(path))
    if document.problems:
        raise InvalidRunbookError(f"{path} is not usable", problems=tuple(document.problems))
    return {kind: _limit(path, kind, fields) for kind, fields in _entries(path, document.data)}


def lowered(policy: Limits, needs: Limits, kinds: Iterable[str], most: int) -> Limits:
    """*policy*, and at most *most* objects of each of *kinds* (0: as it is); never more."""
    if not most:
        return policy
    found = dict(policy)
    for kind in kinds:
        now = policy.get(kind) or needs.get(kind) or DEFAULT_GUARDRAIL
        found[kind] = Guardrail(count=min(now.count, most), percent=now.percent)
    return found


def _entries(path: Path, data: Json) -> list[tuple[str, Json]]:
    limits = data.get("max_objects") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or set(data) - {"max_objects"} or limits is None:
        raise UsageError(
            f"{path} has something else than max_objects",
            hint="Write max_objects: {aws.asg: {count: 20, percent: 30}}.",
        )
    return list(limits.items()) if isinstance(limits, Mapping) else []


def _limit(path: Path, kind: str, fields: Json) -> Guardrail:
    try:
        return decode(Guardrail, fields)
    except TypeError as error:
        raise UsageError(
            f"max_objects of {kind} in {path} is not usable: {error}",
            hint="Write count and percent, both whole numbers.",
        ) from error
