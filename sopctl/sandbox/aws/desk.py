"""Hands a call to the service of ours that answers it, by botocore's model of its wire format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from sopctl.sandbox.aws.application import Reply
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.protocol import Refusal, Request, render

# Parameters and results: structures of a model, whose values are of many types.
Params = dict[str, Any]
Handler = Callable[[Params, Request], Params]

# Signing name -> the name of botocore's model, where they differ.
MODELS = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
}


class Desk:
    """Answers the operations of *services*: signing name -> operation -> handler."""

    def __init__(self, services: Mapping[str, Mapping[str, Handler]]) -> None:
        self._services = services

    def handles(self, request: Request) -> bool:
        """Whether the operation is ours."""
        return request.operation in self._services.get(request.service, {})

    def answer(self, request: Request, request_id: str) -> Reply:
        """Execute *request*, which ``handles`` said yes to."""
        model = _model(request.service)
        operation = model.operation_model(request.operation)
        handler = self._services[request.service][request.operation]
        try:
            result = handler(parse_request(request), request)
        except ServiceError as error:
            return refuse(request, error, request_id, model)
        serializer = get_serializer_class(model.service_name, _wire(model, request))
        answer = serializer(operation_model=operation).serialize(result)
        body = answer["body"]
        return Reply(
            status=answer["status_code"],
            headers={name: str(value) for name, value in answer["headers"].items()},
            body=body if isinstance(body, bytes) else str(body).encode(),
        )


def refuse(
    request: Request, error: ServiceError, request_id: str, model: ServiceModel | None = None
) -> Reply:
    """The reply that says *error* in the request's protocol."""
    status = error.status or _status_of(model, error.code)
    refusal = Refusal(status=status, code=error.code, message=error.message, fields=error.fields)
    headers, body = render(request, refusal, request_id)
    return Reply(status=status, headers=headers, body=body)


def _model(service: str) -> ServiceModel:
    return get_service_model(MODELS.get(service, service))


def _status_of(model: ServiceModel | None, code: str) -> int:
    for shape in model.error_shapes if model is not None else ():
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            return int(shape.metadata.get("error", {}).get("httpStatusCode", 400))
    return 400


def parse_request(request: Request) -> Params:
    """The parameters of *request* by its service's model; none where that cannot be read."""
    try:
        operation = _model(request.service).operation_model(request.operation)
    except (UnknownServiceError, OperationNotFoundError):
        return {}
    if request.protocol == "cbor":
        return {}
    return _parse(operation, request)


def _parse(operation: OperationModel, request: Request) -> Params:
    parts = urlsplit(request.target)
    url = f"http://localhost{unquote(parts.path)}?{parts.query}"
    incoming = MotoRequest.from_primitives(request.method, url, request.headers, request.body)
    model = operation.service_model
    url_params: dict[str, Any] = {}
    if request.protocol == "rest-json":
        _, url_params = get_service_router(model.service_name).match(incoming)
    parser = PROTOCOL_PARSERS[_wire(model, request)](operation)
    return dict(
        parser.parse(
            {
                "method": request.method,
                "values": incoming.values,
                "headers": incoming.headers,
                "body": request.body,
                "url_path": incoming.path,
                "url_params": url_params,
            }
        )
    )


def _wire(model: ServiceModel, request: Request) -> str:
    """The protocol in the words of moto; the model has the last word where it has only one."""
    protocols = model.metadata.get("protocols", [model.protocol])
    return request.protocol if request.protocol in protocols else str(model.protocol)
