"""ValidatingAdmissionPolicies, enforced: they deny, warn about or annotate what is written.

Source: k8s.io/apiserver pkg/admission/plugin/policy/validating/{dispatcher,validator}.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from sopctl.sandbox.k8s import cel
from sopctl.sandbox.k8s.errors import ApiError, forbidden
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj
from sopctl.sandbox.k8s.policy import (
    Attempt,
    Policies,
    PolicyError,
    Scope,
    conditions_hold,
    ignores_failures,
    require_compilable,
)
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.writer import Write

POLICIES = "validatingadmissionpolicies"
BINDINGS = "validatingadmissionpolicybindings"
_FAILURE = "validation.policy.admission.k8s.io/validation_failure"
_LONGEST_MESSAGE = 5 * 1024  # celconfig.MaxEvaluatedMessageExpressionSizeBytes
_LONGEST_ANNOTATION = 10 * 1024
_CODES = {
    "Forbidden": HTTPStatus.FORBIDDEN,
    "RequestEntityTooLarge": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "Unauthorized": HTTPStatus.UNAUTHORIZED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """One validation that did not hold, or a policy that could not be applied.

    `failed` says that an expression ended in an error; `configured` that no validationActions
    soften the denial, as for a binding that could not be used.
    """

    policy: Obj
    binding: Obj
    message: str
    reason: str = "Invalid"
    index: int = 0
    failed: bool = False
    configured: bool = False

    @property
    def names(self) -> str:
        """The policy and the binding as messages name them."""
        policy, binding = self.policy["metadata"]["name"], self.binding["metadata"]["name"]
        return f"ValidatingAdmissionPolicy '{policy}' with binding '{binding}'"


class ValidatingPolicies:
    """The admission plugin: call it with everything that is about to be stored or deleted."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._policies = Policies(store, registry, POLICIES, BINDINGS)

    def __call__(
        self, kind: ResourceType, obj: Obj | None, old: Obj | None, write: Write, path: str
    ) -> None:
        """ApiError of the first denial; warnings and audit annotations go into the write."""
        attempt = Attempt(kind=kind, obj=obj, old=old, write=write, subresource=path)
        if kind.storage == POLICIES and obj is not None and not path:
            require_compilable(kind, obj, _expressions(obj))
        denied: list[Denial] = []
        for policy, binding in self._policies.matching(attempt):
            for denial in self._denials(attempt, policy, binding):
                actions = ["Deny"] if denial.configured else binding["spec"]["validationActions"]
                _tell(attempt, denial, actions)
                denied += [denial] if "Deny" in actions else []
        if denied:
            raise _refusal(attempt, denied[0])

    def _denials(self, attempt: Attempt, policy: Obj, binding: Obj) -> Iterator[Denial]:
        try:
            scopes = self._policies.scopes(attempt, policy, binding)
        except PolicyError as error:
            if not ignores_failures(policy):
                text = str(error)
                yield Denial(policy=policy, binding=binding, message=text, configured=True)
            return
        for scope in scopes:
            for denial in _judged(attempt, policy, binding, scope):
                if not (denial.failed and ignores_failures(policy)):
                    yield denial


def _judged(attempt: Attempt, policy: Obj, binding: Obj, scope: Scope) -> Iterator[Denial]:
    """What does not hold for one parameter object, failures of expressions included."""
    plain = Denial(policy=policy, binding=binding, message="")
    try:
        if not conditions_hold(policy, scope):
            return
    except PolicyError as error:
        yield replace(plain, message=str(error), failed=True)
        return
    for index, validation in enumerate(policy["spec"].get("validations") or ()):
        try:
            holds = scope.evaluate(validation["expression"]) is True
        except cel.ExpressionError as error:
            yield replace(plain, message=str(error), index=index, failed=True)
            continue
        if not holds:
            reason = validation.get("reason") or "Invalid"
            text = _message(validation, scope)
            yield replace(plain, message=text, reason=reason, index=index)
    try:
        _annotate(attempt, policy, scope)
    except cel.ExpressionError as error:
        yield replace(plain, message=str(error), failed=True, configured=True)


def _message(validation: Obj, scope: Scope) -> str:
    """What is said of a broken validation: the computed text, the fixed one, or the expression."""
    text: Json = ""
    if validation.get("messageExpression"):
        try:
            text = scope.evaluate(validation["messageExpression"])
        except cel.ExpressionError:
            text = ""  # an expression that fails falls back to the fixed message
    computed = text.strip() if isinstance(text, str) else ""
    if computed and len(computed) <= _LONGEST_MESSAGE and "\n" not in computed:
        return computed
    fixed = str(validation.get("message", "")).strip()
    return fixed or f"failed expression: {validation['expression'].strip()}"


def _tell(attempt: Attempt, denial: Denial, actions: list[str]) -> None:
    write = attempt.write
    if "Warn" in actions:
        write.warnings.append(f"Validation failed for {denial.names}: {denial.message}")
    if "Audit" in actions:
        value = {
            "message": denial.message,
            "policy": denial.policy["metadata"]["name"],
            "binding": denial.binding["metadata"]["name"],
            "expressionIndex": denial.index,
            "validationActions": actions,
        }
        # The first failure stays: an annotation is never overwritten (audit/context.go).
        write.annotations.setdefault(_FAILURE, json.dumps([value], separators=(",", ":")))


def _annotate(attempt: Attempt, policy: Obj, scope: Scope) -> None:
    for item in policy["spec"].get("auditAnnotations") or ():
        value = scope.evaluate(item["valueExpression"])
        if value is not None and not isinstance(value, str):
            text = f"valueExpression '{item['valueExpression']}' resulted in unsupported return "
            raise cel.ExpressionError(f"{text}type. Return type must be either string or null.")
        key = f"{policy['metadata']['name']}/{item['key']}"
        text = (value or "").strip()[:_LONGEST_ANNOTATION]
        known = attempt.write.annotations.get(key, "")
        if text and text not in known.split(", "):
            attempt.write.annotations[key] = f"{known}, {text}" if known else text


def _refusal(attempt: Attempt, denial: Denial) -> ApiError:
    message = f"{denial.names} denied request: {denial.message}"
    plain = forbidden(attempt.kind.resource, attempt.meta.get("name", ""), message)
    return ApiError(
        _CODES.get(denial.reason, HTTPStatus.UNPROCESSABLE_ENTITY),
        denial.reason,
        plain.message,
        details={**plain.details, "causes": [{"message": message}]},
    )


def _expressions(policy: Obj) -> Iterator[tuple[str, str]]:
    spec = policy.get("spec") or {}
    for index, item in enumerate(spec.get("validations") or ()):
        for key in ("expression", "messageExpression"):
            if item.get(key):
                yield f"spec.validations[{index}].{key}", item[key]
    for index, item in enumerate(spec.get("auditAnnotations") or ()):
        yield f"spec.auditAnnotations[{index}].valueExpression", item.get("valueExpression", "")
