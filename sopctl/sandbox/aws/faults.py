"""Faults to order: which calls they hit, what they do, and how often."""

from __future__ import annotations

import contextlib
import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from sopctl.sandbox.aws.application import Reply
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.delivery import Earlier

Kind = Literal[
    "throttle",
    "error",
    "delay",
    "reset",
    "lost_reply",
    "failed_reply",
    "silence",
    "drip",
    "stale",
    "dead",
]


@dataclass(slots=True, kw_only=True)
class FaultRule:
    """What happens to matching calls.

    *service* and *operation* are shell patterns (``autoscaling``, ``Describe*``). *access_key*
    limits the rule to one key, or with ``unknown`` to every key but the sandbox's own.

    - ``throttle``: refused as the service words it, unexecuted.
    - ``error``: refused with the code *value* (``AccessDenied``), spelled as the protocol does;
      ``Code:status`` sets the HTTP status.
    - ``delay``: *value* seconds of real time before it is executed.
    - ``reset``: the connection is reset, unexecuted.
    - ``lost_reply``: executed, then the connection is reset.
    - ``failed_reply``: executed, then answered as if the service had failed.
    - ``silence``: never answered, unexecuted; the connection stays open.
    - ``drip``: executed; the body of the reply takes *value* seconds of real time.
    - ``stale``: a read is answered as the first equal one since the rule is in force.
    - ``dead``: as reset; meant for a whole service or, with ``*``, for AWS as a whole.

    With *writes*, only calls that may change something are hit. *count* of them are, then the rule
    is spent; ``None`` is for ever. *probability* is 0 to 1.
    """

    kind: Kind
    service: str = "*"
    operation: str = "*"
    value: str | float = ""
    count: int | None = None
    probability: float = 1.0
    access_key: str = "*"
    writes: bool = False
    earlier: Earlier[Reply] = field(default_factory=Earlier, init=False, repr=False, compare=False)

    def matches(self, request: Request, own_key: str) -> bool:
        """Whether the rule speaks of this call; says nothing about chance or count."""
        if self.writes and not request.mutating:
            return False
        if not fnmatchcase(request.service, self.service):
            return False
        if not fnmatchcase(request.operation, self.operation):
            return False
        if self.access_key == "unknown":
            return request.access_key != own_key
        return self.access_key in ("*", request.access_key)


class Faults:
    """The rules in force; the first that hits a call decides. Chance is seeded, so it repeats."""

    def __init__(self, rules: list[FaultRule], own_key: str, seed: int = 42) -> None:
        self._rules = rules
        self._own_key = own_key
        self._chance = random.Random(seed)  # noqa: S311  # a repeatable drill, not a secret
        self._lock = threading.Lock()

    def strike(self, request: Request) -> FaultRule | None:
        """The rule that hits this call, counted down; spent rules leave the list."""
        with self._lock:
            for rule in self._rules:
                if rule.matches(request, self._own_key) and self._take(rule):
                    return rule
        return None

    def _take(self, rule: FaultRule) -> bool:
        if self._chance.random() >= rule.probability:
            return False
        if rule.count is not None:
            rule.count -= 1
            if rule.count <= 0:
                with contextlib.suppress(ValueError):  # the list was cleared meanwhile
                    self._rules.remove(rule)
        return True
