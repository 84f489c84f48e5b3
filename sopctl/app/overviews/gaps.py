"""What could not be read, in as few sentences as say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sopctl.core.errors import RefusedError, SopError, TemporaryError
from sopctl.core.overview import Gap
from sopctl.providers.answers import UnauthenticatedError

_AWS: Final = ("groups", "zones", "zonal shifts")


@dataclass(frozen=True, slots=True)
class Missing:
    """A subject, why it could not be read, and when it last could, if ever."""

    what: str
    error: SopError
    since: str = ""


def folded(missing: Iterable[Missing]) -> tuple[Gap, ...]:
    """One gap for all that a silent provider leaves open, and one for each other reason."""
    rows: dict[tuple[str, str], list[Missing]] = {}
    whose: dict[str, str] = {}  # a failure of one provider can be in the way of reading another
    for each in missing:
        why = each.error.summary
        if _of_the_whole(each.error):
            why = whose.setdefault(why, "AWS" if each.what in _AWS else "Kubernetes")
        rows.setdefault((why, each.since), []).append(each)
    return tuple(
        Gap(what=tuple(each.what for each in some), why=some[0].error.summary, since=since)
        for (_, since), some in rows.items()
    )


def _of_the_whole(error: SopError) -> bool:
    """Whether a provider is silent, or does not know us: then each of its reads fails so."""
    return isinstance(error, TemporaryError | UnauthenticatedError) or type(error) is RefusedError
