"""Actions and checks whose reads cannot end in a traceback, whatever a provider answers.

An answer that has not the shape of the API is a ProviderError, which a plan, a leg and the doctor
know what to do with: this resource cannot be read, the others can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from sopctl.core.action import AnyAction
from sopctl.core.check import AnyCheck
from sopctl.core.shape import readable

P = ParamSpec("P")
T = TypeVar("T")


def actions(found: Mapping[str, AnyAction]) -> dict[str, AnyAction]:
    """*found*, with *select* and *observe* that raise SopError alone for what they cannot read."""
    return {
        name: replace(
            each, select=_guarded(name, each.select), observe=_guarded(name, each.observe)
        )
        for name, each in found.items()
    }


def checks(found: Mapping[str, AnyCheck]) -> dict[str, AnyCheck]:
    """*found*, with a *look* that does the same."""
    return {name: replace(each, look=_guarded(name, each.look)) for name, each in found.items()}


def _guarded(name: str, read: Callable[P, T]) -> Callable[P, T]:
    @wraps(read)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        with readable(f"what was answered to {name}"):
            return read(*args, **kwargs)

    return guarded
