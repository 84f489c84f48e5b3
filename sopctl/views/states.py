"""States of resources for people: before and after, as short as they can be and stay true."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sopctl.core.codec import Json
from sopctl.views.lines import Span

SHORT = 48
LEAD = 12  # characters before the first difference


def value(found: Json, *, full: bool = False) -> str:
    """One JSON value; absent, empty and text are told apart."""
    if found is None:
        return "absent"
    text = json.dumps(found, ensure_ascii=False, sort_keys=True)
    if isinstance(found, str) and (_plain(found, text) or _is_json(found)):
        text = found
    return text if full or len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def _plain(found: str, quoted: str) -> bool:
    return bool(found) and quoted == f'"{found}"' and " " not in found


def _is_json(found: str) -> bool:
    """Whether a text is a piece of an object as JSON, which quotes of its own make unreadable."""
    if not found.startswith(("{", "[")):
        return False
    try:
        json.loads(found)
    except ValueError:
        return False
    return True


def state(found: Json, *, full: bool = False) -> str:
    """A whole state; one of a single field is the value of that field."""
    if not isinstance(found, Mapping):
        return value(found, full=full)
    if len(found) == 1:
        return value(next(iter(found.values())), full=full)
    return ", ".join(f"{key}={value(item, full=full)}" for key, item in found.items()) or "{}"


def difference(before: Json, after: Json, *, full: bool = False) -> list[Span]:
    """``before -> after``; of two mappings only the fields that differ."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return _arrow(state(before, full=full), state(after, full=full))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    spans: list[Span] = []
    for key in keys:
        inner = before.get(key), after.get(key)
        if isinstance(inner[0], Mapping) and isinstance(inner[1], Mapping):
            spans += [("; ", "")] if spans else []
            spans += difference(*inner, full=full)
            continue
        name = "" if len({**before, **after}) == 1 else f"{key}: "
        spans += [("; ", "")] if spans else []
        spans.append((name, ""))
        spans += _arrow(*_apart(before.get(key), after.get(key), full=full))
    return spans or _arrow(state(before, full=full), state(after, full=full))


def _arrow(before: str, after: str) -> list[Span]:
    return [(before, "remove"), (" -> ", ""), (after, "add")]


def _apart(before: Json, after: Json, *, full: bool) -> tuple[str, str]:
    """Two values as text; of long ones, the part where they differ."""
    one, two = value(before, full=True), value(after, full=True)
    if full or max(len(one), len(two)) <= SHORT:
        return one, two
    pairs = enumerate(zip(one, two, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(one), len(two)))
    start = max(0, same - LEAD) if same > SHORT // 2 else 0
    return _cut(one, start), _cut(two, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + SHORT]
    return ("..." if start else "") + shown + ("..." if start + SHORT < len(text) else "")


def duration(seconds: float) -> str:
    """``42s``, ``3m 05s``, ``2h 10m``, ``3d 4h``."""
    whole = max(0, int(seconds))
    if whole < 60:  # noqa: PLR2004  # seconds in a minute
        return f"{whole}s"
    if whole < 3600:  # noqa: PLR2004  # seconds in an hour
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86400:  # noqa: PLR2004  # seconds in a day
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d {whole % 86400 // 3600}h"
