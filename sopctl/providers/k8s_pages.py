"""Collections page by page: what is made of a page stays, the page itself does not.

Ten thousand pods are 40 MB of JSON, and several times that as objects; what a runbook needs to
know of them is a tenth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

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

    *ask* is given the query of a page. If the snapshot behind the pages expires on the way (410),
    it all begins anew.
    """
    found: list[T] = []
    token = ""
    while True:
        more = {"continue": token} if token else {}
        try:
            page = ask({"limit": PAGE, **more})
        except AnsweredError as error:
            if error.status != HTTPStatus.GONE or not token:
                raise
            found, token = [], ""
            continue
        found += [made for each in page.get("items") or () if (made := read(each)) is not None]
        token = str(page.get("metadata", {}).get("continue") or "")
        if not token:
            return found
