"""What a brownout is for either half: a rule for its front door."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from sopctl.sandbox.aws.faults import FaultRule as AwsFault
from sopctl.sandbox.k8s.http import FaultRule as KubeFault
from sopctl.sandbox.scenario.model import Answer, Brownout

Rules: TypeAlias = Mapping[Answer, Mapping[str, Any]]  # fields of a rule, whose types differ

_ALIKE: Final[Rules] = {
    "reset": {"kind": "reset"},
    "lost_reply": {"kind": "lost_reply"},
    "failed_reply": {"kind": "failed_reply"},
    "silence": {"kind": "silence"},
    "stale": {"kind": "stale"},
    "slow": {"kind": "delay"},
    "drip": {"kind": "drip"},
}
_AWS: Final[Rules] = {
    "throttle": {"kind": "throttle"},
    "unavailable": {"kind": "error", "value": "ServiceUnavailable:503"},
    "expired": {"kind": "error", "value": "ExpiredToken"},
    "denied": {"kind": "error", "value": "AccessDenied"},
    "conflict": {"kind": "error", "value": "ResourceContention:500", "writes": True},
    "invalid": {"kind": "error", "value": "ValidationError", "writes": True},
}
_KUBERNETES: Final[Rules] = {
    "throttle": {"kind": "status", "value": HTTPStatus.TOO_MANY_REQUESTS},
    "unavailable": {"kind": "status", "value": HTTPStatus.SERVICE_UNAVAILABLE},
    "expired": {"kind": "status", "value": HTTPStatus.UNAUTHORIZED},
    "denied": {"kind": "status", "value": HTTPStatus.FORBIDDEN},
    "conflict": {"kind": "status", "value": HTTPStatus.CONFLICT, "method": "writes"},
    "invalid": {"kind": "status", "value": HTTPStatus.UNPROCESSABLE_ENTITY, "method": "writes"},
}


def aws_rule(fault: Brownout) -> AwsFault:
    """The rule of the AWS half for *fault*."""
    service, _, operation = fault.calls.partition(":")
    return AwsFault(
        service=service,
        operation=operation or "*",
        probability=fault.percent / 100,
        **_fields(_AWS, fault),
    )


def kubernetes_rule(fault: Brownout) -> KubeFault:
    """The rule of the Kubernetes half for *fault*."""
    return KubeFault(
        path_regex="" if fault.calls == "*" else fault.calls,
        count=None,
        probability=fault.percent / 100,
        **_fields(_KUBERNETES, fault),
    )


def _fields(half: Rules, fault: Brownout) -> Mapping[str, Any]:
    if fault.answer in half:
        return half[fault.answer]
    return {"value": fault.seconds, **_ALIKE[fault.answer]}
