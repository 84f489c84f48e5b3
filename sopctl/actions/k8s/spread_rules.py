"""The three rules by which hard spread constraints are made soft.

``whenUnsatisfiable`` is part of the key of the list (K8S-API ``core/v1/types.go``, listMapKey), so
that a list with both halves of a key twice, or with ``minDomains`` beside ScheduleAnyway, is
refused with 422. Hence the whole list is replaced, by these rules.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sopctl.core.codec import Json
from sopctl.facts.objects import spread
from sopctl.facts.objects.meta import Obj

SOFT = "ScheduleAnyway"


def relax(constraints: Sequence[Obj], keys: Collection[str]) -> list[Json]:
    """*constraints* with those on *keys* soft; pure, and the same again the second time.

    1. A hard constraint beside a soft one on the same key is removed.
    2. Any other hard constraint becomes soft and loses ``minDomains``.
    3. Everything else of it, and every other constraint, stays as it is.
    """
    soft = {each["topologyKey"] for each in constraints if each.get("whenUnsatisfiable") == SOFT}
    relaxed: list[Json] = []
    for each in constraints:
        if not spread.is_hard(each, keys):
            relaxed.append(dict(each))
        elif each["topologyKey"] not in soft:
            soft.add(each["topologyKey"])
            kept = {name: value for name, value in each.items() if name != "minDomains"}
            relaxed.append({**kept, "whenUnsatisfiable": SOFT})
    return relaxed
