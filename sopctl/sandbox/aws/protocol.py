"""The wire: which operation a request is, and how each AWS protocol words an error.

Source: Smithy AWS protocol documents (query, ec2Query, json, restJson1, rpcv2Cbor) and the common
errors page of each service's API reference.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

Protocol = Literal["query", "ec2", "json", "rest-json", "cbor"]

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
REQUEST_ID = re.compile(rb"(?<=<)(RequestId|RequestID|requestId)>[^<]*<")
# Reading, as far as a name can tell; everything else counts as mutating.
READING = re.compile(
    r"(Describe|List|Get|BatchGet|Search|Lookup|Simulate|Check|Validate|Head|Query|Scan|Decode"
    r"|Assume)(?![a-z])"
)
REST_XML = frozenset({"route53", "s3", "s3control", "cloudfront"})
DRY_RUN = "DryRunOperation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call as it came in; *service* is the signing name, ``*`` where it is unsigned."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    service: str
    operation: str
    protocol: Protocol
    access_key: str

    @property
    def mutating(self) -> bool:
        """Whether it may change persisted state: not by its name, and not with ``DryRun``."""
        if READING.match(self.operation):
            return False
        return not (self.protocol == "ec2" and b"DryRun=true" in self.body)


def read(method: str, target: str, headers: dict[str, str], body: bytes) -> Request:
    """Understand a request; header names are lower-case."""
    found = CREDENTIAL.search(headers.get("authorization", ""))
    access_key, _, service = found.groups() if found else ("", "", "*")
    protocol = _protocol(service, headers)
    return Request(
        method=method,
        target=target,
        headers=headers,
        body=body,
        service=service,
        operation=_operation(method, target, headers, body, service),
        protocol=protocol,
        access_key=access_key,
    )


def _protocol(service: str, headers: dict[str, str]) -> Protocol:
    if service == "ec2":
        return "ec2"
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "cbor"
    if "x-amz-target" in headers:
        return "json"
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "query"
    # What speaks XML over REST words its errors as the query protocol does.
    return "query" if service in REST_XML else "rest-json"


def _operation(method: str, target: str, headers: dict[str, str], body: bytes, service: str) -> str:
    if "x-amz-target" in headers:
        return headers["x-amz-target"].rpartition(".")[2]
    if headers.get("smithy-protocol") == "rpc-v2-cbor":
        return target.rpartition("/")[2]
    form = {**parse_qs(urlsplit(target).query), **parse_qs(body.decode("utf-8", "replace"))}
    if "Action" in form:
        return form["Action"][0]
    return _routed(method, target, service)


def _routed(method: str, target: str, service: str) -> str:
    """The operation of a REST protocol, by the routes of the service's model."""
    parts = urlsplit(target)
    url = f"http://localhost{unquote(parts.path)}?{parts.query}"
    try:
        router = get_service_router(service)
        operation, _ = router.match(MotoRequest.from_primitives(method, url, {}))
        return str(operation.name)
    except (NotFound, NotImplementedError, UnknownServiceError, KeyError, ValueError):
        return f"{method} {parts.path}"


def new_request_id() -> str:
    """A UUID, as AWS gives; moto gave constants and 52 random letters."""
    return str(uuid.uuid4())


def stamp(body: bytes, request_id: str) -> bytes:
    """The body with *request_id* where its protocol has one."""
    return REQUEST_ID.sub(rb"\1>" + request_id.encode() + b"<", body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error to answer; *fields* are what a service adds to the message, such as a reason."""

    status: int
    code: str
    message: str
    fields: Mapping[str, Any] = field(default_factory=dict)


# One cause, four spellings: (query, ec2, json, rest-json), each (status, code).
SPELLINGS: dict[str, dict[Protocol, tuple[int, str]]] = {
    "Throttling": {
        "query": (400, "Throttling"),
        "ec2": (503, "RequestLimitExceeded"),
        "json": (400, "ThrottlingException"),
        "rest-json": (429, "ThrottlingException"),
    },
    "AccessDenied": {
        "query": (403, "AccessDenied"),
        "ec2": (403, "UnauthorizedOperation"),
        "json": (400, "AccessDeniedException"),
        "rest-json": (403, "AccessDeniedException"),
    },
    "ExpiredToken": {
        "query": (403, "ExpiredToken"),
        "ec2": (400, "RequestExpired"),
        "json": (400, "ExpiredTokenException"),
        "rest-json": (403, "ExpiredTokenException"),
    },
    "UnrecognizedClientException": {
        "query": (403, "InvalidClientTokenId"),
        "ec2": (401, "AuthFailure"),
        "json": (400, "UnrecognizedClientException"),
        "rest-json": (403, "UnrecognizedClientException"),
    },
    "InternalFailure": {
        "query": (500, "InternalFailure"),
        "ec2": (500, "InternalError"),
        "json": (500, "InternalServerError"),
        "rest-json": (500, "ServerException"),
    },
    "ServiceUnavailable": {
        "query": (503, "ServiceUnavailable"),
        "ec2": (503, "Unavailable"),
        "json": (503, "ServiceUnavailableException"),
        "rest-json": (503, "ServiceUnavailableException"),
    },
}
MESSAGES = {
    "Throttling": "Rate exceeded",
    "RequestLimitExceeded": "Request limit exceeded.",
    "AccessDenied": "User: {caller} is not authorized to perform: {service}:{operation}",
    "ExpiredToken": "The security token included in the request is expired",
    "UnrecognizedClientException": "The security token included in the request is invalid.",
    "InternalFailure": "The request processing has failed because of an unknown error.",
    "ServiceUnavailable": "The request has failed due to a temporary failure of the server.",
}


def refusal(request: Request, cause: str, message: str = "", caller: str = "") -> Refusal:
    """The refusal for *cause*, as the request's protocol spells it.

    A cause that is not in the table is taken as the code itself, with ``Code:status``, else 400.
    """
    code, _, status = cause.partition(":")
    spelled = SPELLINGS.get(code, {})
    # What is told in CBOR is told as in JSON.
    protocol = "json" if request.protocol == "cbor" else request.protocol
    known_status, known_code = spelled.get(protocol, (400, code))
    wording = MESSAGES.get(known_code, MESSAGES.get(code, code))
    text = message or wording.format(
        caller=caller, service=request.service, operation=request.operation
    )
    return Refusal(status=int(status or known_status), code=known_code, message=text)


def render(request: Request, error: Refusal, request_id: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of an error in the request's protocol."""
    code, message = escape(error.code), escape(error.message)
    if request.protocol == "query":
        fault = "Receiver" if error.status >= 500 else "Sender"  # noqa: PLR2004  # HTTP
        return {"Content-Type": "text/xml"}, (
            f"<ErrorResponse><Error><Type>{fault}</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error><RequestId>{request_id}</RequestId>"
            "</ErrorResponse>"
        ).encode()
    if request.protocol == "ec2":
        return {"Content-Type": "text/xml;charset=UTF-8"}, (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
            f"</Errors><RequestID>{request_id}</RequestID></Response>"
        ).encode()
    if request.protocol == "cbor":
        told = {"__type": error.code, "message": error.message}
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return headers, _cbor(told)
    if request.protocol == "json":
        body = {"__type": error.code, "message": error.message, **error.fields}
        return {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return headers, json.dumps({"message": error.message, **error.fields}).encode()


def _cbor(told: Mapping[str, str]) -> bytes:
    """A map of short texts in CBOR (RFC 8949, major types 5 and 3)."""
    parts = [bytes([0xA0 | len(told)])]
    for text in (text for pair in told.items() for text in pair):
        data = text.encode()
        parts.append(b"\x79" + len(data).to_bytes(2, "big") + data)
    return b"".join(parts)
