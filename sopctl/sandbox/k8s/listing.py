"""Which state a list shows, and which part of it: revisions, limits and continue tokens.

Source: k8s.io/apimachinery pkg/apis/meta/internalversion/validation/validation.go for what is
refused, k8s.io/apiserver pkg/storage/etcd3/store.go and pkg/storage/continue.go for the rest;
https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from sopctl.sandbox.k8s.errors import (
    ApiError,
    bad_request,
    cause,
    continue_expired,
    expired,
    internal_error,
    invalid,
    too_large_version,
)
from sopctl.sandbox.k8s.objects import Key, Obj, encode
from sopctl.sandbox.k8s.releases import WATCH_LIST
from sopctl.sandbox.k8s.request import Request
from sopctl.sandbox.k8s.store import Store

_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105  # no secret: the format of a continue token
_MATCH, _NOT_OLDER = "resourceVersionMatch", "NotOlderThan"
_INITIAL = "sendInitialEvents"
_CURRENT = -1  # the revision in a token that gave up consistency
Rows = list[tuple[Key, Obj]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What of a collection is asked for.

    `revision` is the state to show, None for the present; `after` the last key already shown;
    `limit` 0 for no limit.
    """

    revision: int | None = None
    after: Key | None = None
    limit: int = 0


def page_of(request: Request, store: Store, release: str) -> Page:
    """The page that a list request asks for.

    Raises ApiError 400 for a token or number that is none, 422 for options that do not go
    together, 504 for a revision that is still to come.
    """
    check_options(request, release)
    limit, token = max(number(request, "limit"), 0), request.query.get("continue", "")
    if token:
        revision, after = _decoded(token)
        if request.query.get("resourceVersion", "") not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        shown = None if revision == _CURRENT else revision
        return Page(revision=shown, after=after, limit=limit)
    wanted = version(request)
    require_revision(store, wanted)
    match = request.query.get(_MATCH, "")
    exact = match == "Exact" or (not match and limit > 0)
    return Page(revision=wanted if exact and wanted else None, limit=limit)


def rows_of(store: Store, storage: str, namespace: str | None, page: Page) -> Rows:
    """The objects that the page begins with, in key order.

    Raises ApiError 410 when that state is forgotten, with a token to go on with the present.
    """
    try:
        table = store.table(storage) if page.revision is None else store.at(storage, page.revision)
    except ApiError as error:
        if page.after is None:
            raise expired("The resourceVersion for the provided list is too old.") from error
        raise continue_expired(_encoded(_CURRENT, page.after)) from error
    return [
        (key, table[key])
        for key in sorted(table)
        if (not namespace or key[0] == namespace) and (page.after is None or key > page.after)
    ]


def cut(rows: Rows, page: Page, meta: Obj, *, selective: bool) -> Rows:
    """The first page of the rows; the way to the next one is written into the list's metadata.

    A `selective` list does not say how much is left, as counting would mean reading on.
    """
    if not page.limit or len(rows) <= page.limit:
        return rows
    last = rows[page.limit - 1][0]
    meta["continue"] = _encoded(int(meta["resourceVersion"]), last)
    if not selective:
        meta["remainingItemCount"] = len(rows) - page.limit
    return rows[: page.limit]


def number(request: Request, key: str) -> int:
    """A number of the query, 0 when it is not given; ApiError 400 when it is none."""
    given = request.query.get(key) or "0"
    try:
        return int(given)
    except ValueError as error:
        raise bad_request(f'strconv.ParseInt: parsing "{given}": invalid syntax') from error


def version(request: Request) -> int:
    """The revision that a read names, 0 for none; ApiError when it is no number.

    A watch finds that out later than a list, when nobody makes a 400 of it any more.
    """
    given = request.query.get("resourceVersion") or "0"
    if given.isdecimal():
        return int(given)
    why = f'resourceVersion: Invalid value: "{given}": strconv.ParseUint: parsing "{given}": '
    if request.watch:
        raise internal_error(f"{why}invalid syntax")
    raise bad_request(f"invalid resource version: {why}invalid syntax")


def require_revision(store: Store, wanted: int) -> None:
    """ApiError 504 for a revision that the store has not reached."""
    if wanted > store.revision:
        raise too_large_version(wanted, store.revision)


def check_options(request: Request, release: str) -> None:
    """ApiError 422 for options of a list or watch that do not go together."""
    query = request.query
    match, initial = query.get(_MATCH, ""), query.get(_INITIAL) is not None
    given = query.get("resourceVersion", "")
    forbidden = (
        (match and request.watch and not initial, _MATCH, "for watch unless sendInitialEvents is"),
        (match and not request.watch and not given, _MATCH, "unless resourceVersion is"),
        (match and query.get("continue"), _MATCH, "when continue is"),
    )
    causes = [
        _forbidden(name, f"{name} is forbidden {when} provided")
        for wrong, name, when in forbidden
        if wrong
    ]
    if match not in ("", "Exact", _NOT_OLDER):
        text = f'Unsupported value: "{match}": supported values: "Exact", "{_NOT_OLDER}", ""'
        causes.append(cause("FieldValueNotSupported", _MATCH, text))
    if match == "Exact" and given == "0":
        causes.append(_forbidden(_MATCH, f'{_MATCH} "exact" is forbidden for resourceVersion "0"'))
    if initial and not request.watch:
        causes.append(_forbidden(_INITIAL, f"{_INITIAL} is forbidden for list"))
    if initial and request.watch and not WATCH_LIST.serves(release):
        text = f"{_INITIAL} is forbidden for watch unless the WatchList feature gate is enabled"
        causes.append(_forbidden(_INITIAL, text))
    if initial and match != _NOT_OLDER:
        text = f"{_INITIAL} requires setting {_MATCH} to {_NOT_OLDER}"
        causes.append(_forbidden(_MATCH, text))
    if causes:
        raise invalid("ListOptions", "meta.k8s.io", "", causes)


def _forbidden(name: str, text: str) -> Obj:
    return cause("FieldValueForbidden", name, f"Forbidden: {text}")


def _encoded(revision: int, after: Key) -> str:
    body = encode({"v": _TOKEN_VERSION, "rv": revision, "start": list(after)})
    return base64.urlsafe_b64encode(body).decode()


def _decoded(token: str) -> tuple[int, Key]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(token))
        namespace, name = parts["start"]
        return int(parts["rv"]), (str(namespace), str(name))
    except (ValueError, KeyError, TypeError) as error:
        why = f"continue key is not valid: {error}"
        raise bad_request(f"invalid continue token: {why}") from error
