"""Lists that several ask for at the same time, read once.

Most steps of a plan look for nodes, and some for pods: of a large cluster these are forty pages,
each of which is megabytes to be sent and parsed. While a plan is made nothing is written, so that
one answer is as good as another.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from sopctl.providers.k8s_pages import Ask, gathered
from sopctl.providers.once import Once

T = TypeVar("T")


class Looks:
    """The lists of one client; thread-safe."""

    def __init__(self) -> None:
        self._once: Once | None = None

    @contextmanager
    def one(self) -> Iterator[None]:
        """Until the end of this, what was listed is remembered."""
        self._once = Once()
        try:
            yield
        finally:
            self.end()

    def end(self) -> None:
        """Something is written: what was seen before is not what will be."""
        self._once = None

    def gathered(
        self,
        path: str,
        query: Mapping[str, str | int | bool],
        read: Callable[[dict[str, Any]], T | None],
        ask: Ask,
    ) -> list[T]:
        """See ``k8s_pages.gathered``; of the collection *path* asked for with *query*."""
        once, name = self._once, _name(read)
        if once is None or name is None:
            return gathered(ask, read)
        key = (path, tuple(sorted(query.items())), name)
        return list(once.get(key, lambda: gathered(ask, read)))


def _name(read: Callable[[dict[str, Any]], Any]) -> Hashable | None:
    """What stands for *read*: two who name the same function want the same of an object.

    None for a function that was made for one call: it may keep whole objects, or look for some.
    """
    if isinstance(read, functools.partial):
        inner = _name(read.func)
        return None if inner is None or read.keywords else (inner, *read.args)
    return None if "<" in getattr(read, "__qualname__", "<") else read
