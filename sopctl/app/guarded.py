"""Actions and checks that cannot end in a traceback, whatever a provider answers.

An answer that has not the shape of the API is a ProviderError, which a plan, a leg and the doctor
know what to do with: this resource cannot be read, the others can; of a write that was answered
like that the outcome is unknown, and it is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

from sopctl.core.action import AnyAction, Converged
from sopctl.core.check import AnyCheck
from sopctl.core.shape import readable

P = ParamSpec("P")
T = TypeVar("T")


def actions(found: Mapping[str, AnyAction]) -> dict[str, AnyAction]:
    """*found*, with functions that raise SopError alone for what they cannot read."""
    return {name: _action(name, each) for name, each in found.items()}


def _action(name: str, action: AnyAction) -> AnyAction:
    effect, touch, told = action.effect, action.touch, action.side_effects
    return replace(
        action,
        select=_guarded(name, action.select),
        observe=_guarded(name, action.observe),
        converge=_converging(name, action.converge),
        effect=replace(effect, look=_guarded(name, effect.look)) if effect else None,
        touch=_guarded(name, touch) if touch else None,
        side_effects=_guarded(name, told) if told else None,
    )


def checks(found: Mapping[str, AnyCheck]) -> dict[str, AnyCheck]:
    """*found*, with a *look* that does the same."""
    return {name: replace(each, look=_guarded(name, each.look)) for name, each in found.items()}


def _guarded(name: str, read: Callable[P, T]) -> Callable[P, T]:
    @wraps(read)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        with readable(f"what was answered to {name}"):
            return read(*args, **kwargs)

    return guarded


def _converging(name: str, write: Callable[P, Converged]) -> Callable[P, Converged]:
    """The same for what yields its answers as they come; those that came are kept."""

    @wraps(write)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Converged:
        with readable(f"what was answered to {name}"):
            yield from write(*args, **kwargs)

    return guarded
