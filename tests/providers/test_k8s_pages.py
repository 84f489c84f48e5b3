from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Mapping
from typing import Any

import pytest

from sopctl.core.errors import ProviderError
from sopctl.providers.answers import AnsweredError
from sopctl.providers.k8s_pages import PAGE, gathered


class Server:
    """Seven objects, three to a page; *expire* is the page whose snapshot is gone, once."""

    def __init__(self, expire: int | None = None, status: int = 410) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._expire, self._status = expire, status

    def __call__(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        self.asked.append(query)
        start = int(query.get("continue", 0))
        if start == self._expire:
            self._expire = None
            raise AnsweredError("expired", status=self._status)
        end = start + 3
        token = str(end) if end < 7 else ""
        items = [{"n": number} for number in range(start, min(end, 7))]
        return {"items": items, "metadata": {"continue": token}}


def number(obj: dict[str, Any]) -> int:
    return int(obj["n"])


def test_every_page_is_asked_for_with_the_token_of_the_one_before() -> None:
    server = Server()
    assert gathered(server, number) == list(range(7))
    assert server.asked == [{"limit": PAGE}, *({"limit": PAGE, "continue": t} for t in "36")]


def test_what_is_read_as_none_is_left_out() -> None:
    assert gathered(Server(), lambda obj: obj["n"] if obj["n"] % 2 else None) == [1, 3, 5]


def test_an_expired_snapshot_begins_anew_and_nothing_is_there_twice() -> None:
    server = Server(expire=6)
    assert gathered(server, number) == list(range(7))
    assert len(server.asked) == 6


@pytest.mark.parametrize(("expire", "status"), [(0, 410), (3, 403)])
def test_other_refusals_are_raised(expire: int, status: int) -> None:
    with pytest.raises(AnsweredError):
        gathered(Server(expire, status), number)


def test_a_page_is_not_kept() -> None:
    """Objects that were read are gone when the next page is asked for."""

    class Page(dict):  # type: ignore[type-arg]  # a dict that can be watched
        pass

    seen: list[weakref.ref[Any]] = []

    def ask(query: Mapping[str, Any]) -> Mapping[str, Any]:
        gc.collect()
        assert not [ref for ref in seen[:-1] if ref() is not None]
        page = Page(Server()(query))
        seen.append(weakref.ref(page))
        return page

    assert gathered(ask, number) == list(range(7))


def test_the_next_page_is_on_its_way_while_one_is_read() -> None:
    server = Server()
    asked = threading.Event()

    def ask(query: Mapping[str, Any]) -> Mapping[str, Any]:
        if query.get("continue") == "3":
            asked.set()
        return server(query)

    def slowly(obj: dict[str, Any]) -> int:
        assert obj["n"] > 2 or asked.wait(5)
        return number(obj)

    assert gathered(ask, slowly) == list(range(7))


def test_a_page_that_cannot_be_read_is_told() -> None:
    with pytest.raises(ProviderError, match="no such field"):
        gathered(Server(), lambda obj: obj["no such field"])
