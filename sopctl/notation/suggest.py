"""Did you mean?"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

SHOWN: Final = 24
"""Names in one hint: all fields of a step, not all actions."""


def did_you_mean(name: str, known: Iterable[str], *, what: str = "") -> str:
    """A hint for the unknown *name*: the nearest of *known*, or all of them, the first if many.

    *what* names them, in the plural: ``Known parameters: ...``.
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    near = near or [one for one in names if one.lower() == name.lower()]
    if near:
        return f"Did you mean {near[0]}?"
    if not names:
        return f"There are no {what}." if what else ""
    left = len(names) - SHOWN
    shown = ", ".join(names[:SHOWN]) + (f" and {left} more" if left > 0 else "")
    return f"Known {what}: {shown}." if what else f"Known are: {shown}."
