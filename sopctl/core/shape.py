"""What came from outside and has not the shape that it is read in: our own error, not Python's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sopctl.core.errors import AuditBrokenError, ProviderError

MISSHAPEN: Final = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    StopIteration,
)
"""What reading JSON of another shape raises: a missing field, another type, no number, too deep."""


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Raise ProviderError if *what* a provider answered cannot be read inside this block.

    A mistake of ours that looks alike is told the same way; the cause is in the chain.
    """
    try:
        yield
    except MISSHAPEN as error:
        raise ProviderError(
            f"{what} cannot be read: {misfit(error)}",
            hint="Look at it with kubectl or aws; if it is as the API documents it, report a bug.",
        ) from error


@contextmanager
def written_by_us(what: str) -> Iterator[None]:
    """Raise AuditBrokenError if *what* stands in a journal and sopctl never wrote it."""
    try:
        yield
    except MISSHAPEN as error:
        raise AuditBrokenError(
            f"{what} is not one of sopctl: {misfit(error)}",
            hint="It was forged, or written by a newer version; `sopctl audit verify` says more.",
        ) from error


def misfit(error: Exception) -> str:
    """What is wrong with the shape, in a few words."""
    if isinstance(error, KeyError):
        return f"there is no {str(error.args[0])[:80]!r}" if error.args else "something is missing"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    said = " ".join(str(error).split())
    return said[:120] if isinstance(error, ValueError) and said else "something has another type"
