"""Something that is looked at again and again: drawn in place on a terminal, else a line a look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from sopctl.views.lines import Line
from sopctl.views.screen import Screen, drawn

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Picture(Generic[T]):
    """How one look is drawn: *whole* in so many columns and rows of a terminal, or as *one* line.

    *full_screen*: it has the terminal to itself, and the last look stays when it ends.
    """

    whole: Callable[[T, int, int], list[Line]]
    one: Callable[[T], Line]
    full_screen: bool = False


@contextmanager
def showing(screen: Screen, picture: Picture[T]) -> Iterator[Callable[[T], None]]:
    """What draws each look on *screen*."""
    if not screen.animated:
        yield lambda look: screen.show([picture.one(look)])
        return
    from rich.console import Group  # noqa: PLC0415  # 0.1 s, only for terminals
    from rich.live import Live  # noqa: PLC0415  # as above

    last: list[Line] = []
    with Live(console=screen.console, auto_refresh=False, screen=picture.full_screen) as live:

        def show(look: T) -> None:
            last[:] = picture.whole(look, *screen.console.size)
            live.update(Group(*map(drawn, last)), refresh=True)

        try:
            yield show
        finally:
            live.stop()
            if picture.full_screen:
                screen.show(last)
