"""Collections page by page: what is made of a page stays, the page itself does not.

Ten thousand pods are 40 MB of JSON, and several times that as objects; what a runbook needs to
know of them is a tenth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        with readable("a list of the API server"):
            items, token = page.get("items") or (), str(_metadata(page).get("continue") or "")
            found += [made for each in items if (made := _read(read, each)) is not None]
        if not token:
            return found


def _read(read: Callable[[dict[str, Any]], T | None], each: dict[str, Any]) -> T | None:
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
