"""What a server saw of sopctl: calls by operation, and how many of them had to wait for another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

OURS = "sopctl/"
_PATH = re.compile(
    r"^/(?:api/v1|apis/[^/]+/[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+))?"
    r"/(?P<resource>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>[^/]+))?$"
)
_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One call; *began* and *ended* are seconds of the server."""

    operation: str
    mutating: bool
    began: float
    ended: float


def seen(calls: Mapping[str, Any]) -> list[Seen]:
    """The calls of sopctl in what the sandbox's ``/calls`` answers, in their order."""
    found = [
        Seen(operation=_named(half, call), mutating=call["mutating"], **_when(call))
        for half, rows in calls.items()
        for call in rows
        if OURS in call["user_agent"]
    ]
    return sorted(found, key=lambda each: each.began)


def counts(found: Iterable[Seen], *, mutating: bool | None = None) -> Counter[str]:
    """How often each operation was called; *mutating*: only those that change, or do not."""
    return Counter(e.operation for e in found if mutating in (None, e.mutating))


def round_trips(found: Iterable[Seen]) -> int:
    """The longest chain of calls of which each began after the one before was answered."""
    chain, free = 0, float("-inf")
    for each in sorted(found, key=lambda one: one.ended):
        if each.began >= free:
            chain, free = chain + 1, each.ended
    return chain


def _when(call: Mapping[str, Any]) -> dict[str, float]:
    return {"began": call["began"], "ended": call["ended"]}


def _named(half: str, call: Mapping[str, Any]) -> str:
    if half == "aws":
        return f"{call['service']}:{call['operation']}"
    found = _PATH.match(call["path"])
    if found is None:
        return f"{call['method'].lower()} {call['path']}"
    verb = _VERBS.get(call["method"]) or ("get" if found["name"] else "list")
    sub = f"/{found['sub']}" if found["sub"] else ""
    dry = " (dry run)" if call["query"].get("dryRun") else ""
    return f"{verb} {found['resource']}{sub}{dry}"
