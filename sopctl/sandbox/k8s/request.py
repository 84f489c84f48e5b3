"""One HTTP exchange as values, and what a path and a query mean to an API server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sopctl.sandbox.k8s import decoding, protobuf
from sopctl.sandbox.k8s.errors import (
    ApiError,
    NotServedError,
    bad_request,
    invalid,
    no_such_path,
    not_found,
    unsupported_media,
)
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, encode
from sopctl.sandbox.k8s.writer import Write

_LONGEST_MANAGER = 128
_SPOKEN = ("application/json", "application/yaml", protobuf.MEDIA_TYPE)
_VALIDATIONS = ("Ignore", "Strict", "Warn")
_OPTIONS = {"PATCH": "PatchOptions", "PUT": "UpdateOptions", "DELETE": "DeleteOptions"}
_NAMESPACE_PARTS = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who asks."""

    name: str
    groups: tuple[str, ...] = ("system:authenticated",)


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is said about a request beside its answer.

    `warnings` become Warning headers; `annotations` are seen in the journal of calls only.
    """

    warnings: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Warning headers, each text once (apiserver/pkg/warning)."""
        return tuple(
            ("Warning", f'299 - "{_quoted(text)}"') for text in dict.fromkeys(self.warnings)
        )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


_TEXT = "text/plain; charset=utf-8"
ANONYMOUS = User(name="system:anonymous", groups=("system:unauthenticated",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; header names are lower case, the last of a repeated query key counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    user: User = ANONYMOUS
    remarks: Remarks = field(default_factory=Remarks)

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be stored: by the query, or by DeleteOptions in the body."""
        if self.query.get("dryRun") == "All":
            return True
        return bool(self.delete_options().get("dryRun"))

    def delete_options(self) -> Obj:
        """The DeleteOptions of a DELETE or an eviction, {} when there are none."""
        evicts = self.method == "POST" and self.path.endswith("/eviction")
        if not self.body or not (evicts or self.method == "DELETE"):
            return {}
        try:
            body = self.object()
        except ApiError:
            return {}  # whoever handles the request refuses it with the reason
        options = body.get("deleteOptions") if evicts else body
        return options if isinstance(options, dict) else {}

    @property
    def watch(self) -> bool:
        """Whether a list is to be followed."""
        return self.query.get("watch", "") in ("1", "true", "True")

    @property
    def media(self) -> str:
        """The media type of the body, "" where the client names none."""
        return self.headers.get("content-type", "").split(";")[0].strip()

    def json(self) -> Json:
        """The body as JSON, YAML or one of the understood protobuf messages.

        Raises ValueError with what Go's decoder says of a body that is neither.
        """
        if self.media == protobuf.MEDIA_TYPE:
            decoded = protobuf.decode(self.body)
            if decoded is None:
                raise unsupported_media(_SPOKEN[:2])
            return decoded
        if self.media.endswith("yaml"):
            return decoding.from_yaml(self.body)
        return decoding.from_json(self.body)

    def object(self, kind: str = "DeleteOptions") -> Obj:
        """The body as an object of a kind.

        Raises ApiError 400 when it is something else, 415 for a form that is not spoken here.
        """
        if self.media and self.media not in _SPOKEN:
            raise unsupported_media(_SPOKEN)
        try:
            value = self.json()
        except ValueError as error:
            text = decoding.unrecognized(kind, str(error), self.body)
            raise bad_request(text) from error
        if not isinstance(value, dict):
            why = decoding.no_object(value)
            raise bad_request(decoding.unrecognized(kind, why, self.body))
        return value

    def write(self) -> Write:
        """The options of a write; ApiError 422 for an unknown `dryRun` or `fieldValidation`."""
        dry_run = self.query.get("dryRun", "")
        if dry_run not in ("", "All"):
            text = f'Unsupported value: ["{dry_run}"]: supported values: "All"'
            wrong: Obj = {"reason": "FieldValueNotSupported", "field": "dryRun", "message": text}
            options = _OPTIONS.get(self.method, "CreateOptions")
            raise invalid(options, "meta.k8s.io", "", [wrong])
        manager = self.query.get("fieldManager", "")
        if len(manager) > _LONGEST_MANAGER:
            text = f"Too long: may not be more than {_LONGEST_MANAGER} bytes"
            raise invalid(
                _OPTIONS.get(self.method, "CreateOptions"),
                "meta.k8s.io",
                "",
                [{"reason": "FieldValueTooLong", "field": "fieldManager", "message": text}],
            )
        directive = self.query.get("fieldValidation", "")
        if directive and directive not in _VALIDATIONS and self.method != "DELETE":
            text = f'Unsupported value: "{directive}": supported values: "", "Ignore", "Strict", '
            wrong = {"reason": "FieldValueNotSupported", "field": "fieldValidation"}
            wrong["message"] = text + '"Warn"'
            options = _OPTIONS.get(self.method, "CreateOptions")
            raise invalid(options, "meta.k8s.io", "", [wrong])
        agent = self.headers.get("user-agent", "unknown")
        return Write(
            manager=manager or agent.split("/")[0][:_LONGEST_MANAGER],
            user=self.user.name,
            groups=self.user.groups,
            dry_run=self.dry_run,
            validation=_validation(self.query.get("fieldValidation", "Warn")),
            internal=False,
            warnings=self.remarks.warnings,
            annotations=self.remarks.annotations,
        )


def _validation(directive: str) -> Literal["Strict", "Warn", "Ignore"]:
    match directive:
        case "Strict":
            return "Strict"
        case "Ignore":
            return "Ignore"
        case _:
            return "Warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: a body, or a stream of chunks (an empty chunk only asks if anybody listens)."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    stream: Iterator[bytes] | None = None

    def with_headers(self, *headers: tuple[str, str]) -> Response:
        """The same answer with more headers."""
        return replace(self, headers=(*self.headers, *headers))


def answer(value: Json, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(status=status, body=encode(value))


def refusal(error: ApiError) -> Response:
    """An ApiError as the answer that a client gets."""
    if isinstance(error, NotServedError):
        text = f"{error.message}\n".encode()
        return Response(status=error.status, body=text, content_type=_TEXT)
    after = error.details.get("retryAfterSeconds")
    headers = (("Retry-After", str(after)),) if after else ()
    return Response(status=error.status, body=encode(error.body), headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The object, or the collection when `name` is empty, that a path leads to."""

    kind: ResourceType
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Where the object is stored."""
        return (self.namespace, self.name)


def route(path: str, registry: Registry) -> Route:
    """The route of a resource path; ApiError 404 for any other path."""
    match [part for part in path.split("/") if part]:
        case ["api", version, *rest] if rest:
            group = ""
        case ["apis", group, version, *rest] if rest:
            pass
        case _:
            raise no_such_path()
    namespace = ""
    match rest:
        case ["namespaces", namespace, plural, *_] if plural not in _NAMESPACE_PARTS:
            rest = rest[2:]
        case _:
            namespace = ""
    match rest:
        case [plural]:
            name = subresource = ""
        case [plural, name]:
            subresource = ""
        case [plural, name, subresource]:
            pass
        case _:
            raise no_such_path()
    kind = registry.at(group, version, plural)
    placed = bool(namespace) is kind.namespaced if name else not namespace or kind.namespaced
    if not placed:
        raise no_such_path() if kind.custom is None else NotServedError()
    if subresource and subresource not in kind.subresources:
        raise no_such_path() if kind.custom is None else not_found(kind.resource, name)
    return Route(kind=kind, namespace=namespace, name=name, subresource=subresource)
