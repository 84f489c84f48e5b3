"""Collections page by page: what is made of a page stays, the page itself does not.

Ten thousand pods are 40 MB of JSON, and several times that as objects; what a runbook needs to
know of them is a tenth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, TypeVar

from sopctl.core.shape import readable
from sopctl.providers.answers import AnsweredError

T = TypeVar("T")
PAGE = 500
CACHED: Mapping[str, str] = {"resourceVersion": "0"}
"""For lists that may come from the API server's cache, a moment old; it spares its database.

Source: Kubernetes API concepts, "Resource versions"; the cache may answer all pages at once.
"""

# A page has the API's shape, as the objects on it.
Ask = Callable[[Mapping[str, str | int | bool]], Mapping[str, Any]]


def gathered(ask: Ask, read: Callable[[dict[str, Any]], T | None]) -> list[T]:
    """What *read* makes of each object on all pages, without what it makes nothing of.

    *ask* is given the query of a page; the next page is on its way while one is read. If the
    snapshot behind the pages expires on the way (410), it all begins anew.
    """
    page: Mapping[str, Any] | None = ask({"limit": PAGE})
    if page is not None and not _token(page):
        return _read(page, read)
    found: list[T] = []
    with ThreadPoolExecutor(1, thread_name_prefix="pages") as pool:
        while page is not None:
            token = _token(page)
            coming = pool.submit(ask, {"limit": PAGE, "continue": token}) if token else None
            found += _read(page, read)
            page = None  # not kept until the next is there
            if coming is None:
                break
            try:
                page = coming.result()
            except AnsweredError as error:
                if error.status != HTTPStatus.GONE:
                    raise
                found, page = [], ask({"limit": PAGE})
    return found


def _token(page: Mapping[str, Any]) -> str:
    return str(_metadata(page).get("continue") or "")


def _read(page: Mapping[str, Any], read: Callable[[dict[str, Any]], T | None]) -> list[T]:
    with readable("a list of the API server"):
        items = page.get("items") or ()
        return [made for each in items if (made := _one(read, each)) is not None]


def _one(read: Callable[[dict[str, Any]], T | None], each: dict[str, Any]) -> T | None:
    with readable(_called(each)):
        return read(each)


def _called(each: object) -> str:
    """What an object is called, as far as it says."""
    metadata = _metadata(each) if isinstance(each, Mapping) else {}
    parts = [metadata.get("namespace"), metadata.get("name")]
    name = "/".join(str(part)[:253] for part in parts if part)
    return f"the object {name}" if name else "an object without a name"


def _metadata(each: Mapping[str, Any]) -> Mapping[str, Any]:
    found = each.get("metadata")
    return found if isinstance(found, Mapping) else {}
