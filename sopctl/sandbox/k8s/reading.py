"""GET: one object, a page of a list, or a watch, in the form that the client accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sopctl.sandbox.k8s import listing, table
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import no_list_of_its_own, not_acceptable
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.listing import Rows
from sopctl.sandbox.k8s.objects import Key, Obj, encode
from sopctl.sandbox.k8s.request import Request, Response, Route, answer
from sopctl.sandbox.k8s.selectors import field_test, label_test
from sopctl.sandbox.k8s.watch import Watch, events

_SPOKEN = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")
_MEDIA = frozenset({"application/json", "application/yaml", "application/*", "*/*"})
_FORMS = frozenset({"", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"})
_FOREVER: Callable[[], bool] = lambda: False  # noqa: E731  # a value with a name


def get(cluster: Cluster, request: Request, route: Route) -> Response:
    """One object."""
    with cluster.lock:
        listing.require_revision(cluster.store, listing.version(request))
        obj = cluster.writer.existing(route.kind, route.key)
        form = _form(request)
        if form == "Table":
            return answer(
                table.render(route.kind, [obj], obj["metadata"], _inclusion(request), cluster.now())
            )
        if form == "PartialObjectMetadata":
            return answer(partial(obj))
        return Response(body=_raw(cluster, route.kind, route.key, obj))


def collection(
    cluster: Cluster, request: Request, route: Route, stopped: Callable[[], bool] = _FOREVER
) -> Response:
    """A list or a watch."""
    test = _test(request, route)
    if request.watch:
        return _watch(cluster, request, route, test, stopped)
    with cluster.lock:
        store = cluster.store
        page = listing.page_of(request, store, cluster.registry.release)
        shown_at = store.revision if page.revision is None else page.revision
        meta = list_meta(route.kind, shown_at)
        found = listing.rows_of(store, route.kind.storage, route.namespace, page)
        rows = [row for row in found if test is None or test(row[1])]
        rows = listing.cut(rows, page, meta, selective=test is not None)
        return _list(cluster, request, route.kind, rows, meta)


def list_meta(kind: ResourceType, revision: int) -> Obj:
    """The metadata of a list; one of custom resources spells an empty token out."""
    token = {"continue": ""} if kind.custom is not None else {}
    return {"resourceVersion": str(revision), **token}


def selected(cluster: Cluster, request: Request, route: Route) -> Rows:
    """The stored objects that a collection request is about."""
    test = _test(request, route)
    rows = cluster.store.sorted(route.kind.storage, route.namespace)
    return [row for row in rows if test is None or test(row[1])]


def partial(obj: Obj) -> Obj:
    """Only the metadata of an object."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }


def shown(kind: ResourceType, obj: Obj) -> Obj:
    """The object under the version it was asked for in."""
    return obj if obj["apiVersion"] == kind.api_version else {**obj, "apiVersion": kind.api_version}


def bare(kind: ResourceType, obj: Obj) -> Obj:
    """The object as an item of a list, see `_item`."""
    if kind.custom is not None:
        return shown(kind, obj)
    return {key: value for key, value in obj.items() if key not in ("apiVersion", "kind")}


def _list(
    cluster: Cluster, request: Request, kind: ResourceType, rows: Rows, meta: Obj
) -> Response:
    form = _form(request)
    if form == "PartialObjectMetadata":
        raise no_list_of_its_own(form, kind.kind)
    if form == "Table":
        objects = [shown(kind, obj) for _, obj in rows]
        return answer(table.render(kind, objects, meta, _inclusion(request), cluster.now()))
    if form == "PartialObjectMetadataList":
        items: Iterable[Obj] = [partial(obj) for _, obj in rows]
        head: Obj = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        page = {key: value for key, value in meta.items() if value}
        return answer({**head, "metadata": page, "items": items})
    # Stored bytes are joined as they are: encoding 500 objects again would take 30 ms.
    head = {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta}
    encoded = b",".join(_item(kind, _raw(cluster, kind, key, obj)) for key, obj in rows)
    return Response(body=encode(head)[:-1] + b',"items":[' + encoded + b"]}")


def _item(kind: ResourceType, encoded: bytes) -> bytes:
    """An object as an item of a list: a built-in kind's does not say what it is.

    Its list does, and Go leaves empty what it has not been given. A custom resource is kept as it
    was written.
    """
    if kind.custom is not None:
        return encoded
    typed = encode({"apiVersion": kind.api_version, "kind": kind.kind})[:-1] + b","
    return b"{" + encoded.removeprefix(typed) if encoded.startswith(typed) else encoded


def _raw(cluster: Cluster, kind: ResourceType, key: Key, obj: Obj) -> bytes:
    now = cluster.store.get(kind.storage, key)
    if obj["apiVersion"] == kind.api_version and obj is now:
        return cluster.store.encoded(kind.storage, key)
    return encode(shown(kind, obj))


def _form(request: Request) -> str:
    """What the object is to be turned into; ApiError 406 for what nobody can turn it into."""
    wanted = request.headers.get("accept", "") or "*/*"
    for accept in wanted.split(","):
        media, *settings = (part.strip() for part in accept.split(";"))
        form = next((each[3:] for each in settings if each.startswith("as=")), "")
        if media in _MEDIA and form in _FORMS:
            return form
    raise not_acceptable(_SPOKEN)


def _inclusion(request: Request) -> str:
    return request.query.get("includeObject") or "Metadata"


def _test(request: Request, route: Route) -> Callable[[Obj], bool] | None:
    labels = request.query.get("labelSelector", "")
    fields = request.query.get("fieldSelector", "")
    if route.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={route.name}")))
    if not labels and not fields:
        return None
    by_label = label_test(labels)
    by_field = field_test(fields, route.kind)
    return lambda obj: by_label(obj["metadata"].get("labels") or {}) and by_field(obj)


def _watch(
    cluster: Cluster,
    request: Request,
    route: Route,
    test: Callable[[Obj], bool] | None,
    stopped: Callable[[], bool],
) -> Response:
    listing.check_options(request, cluster.registry.release)
    kind = route.kind

    def matches(obj: Obj) -> bool:
        inside = not route.namespace or obj["metadata"].get("namespace") == route.namespace
        return inside and (test is None or test(obj))

    given = request.query.get("resourceVersion", "")
    initial = request.query.get("sendInitialEvents")
    with cluster.lock:
        unversioned = given in ("", "0")
        fresh = initial == "true" or (initial is None and unversioned)
        watch = Watch(
            storage=kind.storage,
            revision=cluster.store.revision if fresh or unversioned else listing.version(request),
            matches=matches,
            render=_renderer(cluster, request, kind),
            initial=tuple(obj for _, obj in selected(cluster, request, route)) if fresh else (),
            timeout=listing.number(request, "timeoutSeconds") or None,
            bookmarks=request.query.get("allowWatchBookmarks") == "true",
            announce=initial == "true",
            bare=lambda revision: {
                "kind": kind.kind,
                "apiVersion": kind.api_version,
                "metadata": {"resourceVersion": revision},
            },
        )
    return Response(stream=events(cluster.store, watch, stopped))


def _renderer(cluster: Cluster, request: Request, kind: ResourceType) -> Callable[[Obj], Obj]:
    match _form(request):
        case "Table":
            inclusion = _inclusion(request)
            meta: Obj = {}
            return lambda obj: table.render(
                kind, [shown(kind, obj)], meta, inclusion, cluster.now()
            )
        case "PartialObjectMetadata":
            return partial
        case _:
            return lambda obj: shown(kind, obj)
