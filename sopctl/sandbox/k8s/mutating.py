"""MutatingAdmissionPolicies, enforced: they change objects on their way into the store.

Source: k8s.io/apiserver pkg/admission/plugin/policy/mutating/{dispatcher,patch/*}.go and
generic/policy_dispatcher.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import jsonpatch
import jsonpointer

from sopctl.sandbox.k8s import cel
from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.errors import ApiError, forbidden
from sopctl.sandbox.k8s.fieldsets import item_step
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, clone, spelled
from sopctl.sandbox.k8s.patch_apply import merge
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

POLICIES = "mutatingadmissionpolicies"
BINDINGS = "mutatingadmissionpolicybindings"


class MutatingPolicies:
    """The admission plugin: call it with every write."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._policies = Policies(store, registry, POLICIES, BINDINGS)

    def __call__(self, kind: ResourceType, new: Obj, old: Obj | None, write: Write) -> Obj:
        """The object after every bound policy that matches; the same object if none does."""
        if kind.storage == POLICIES:
            require_compilable(kind, new, _expressions(new))
        attempt = Attempt(kind=kind, obj=new, old=old, write=write)
        return mutated(self._policies, attempt, self._policies.matching(attempt))


def mutated(policies: Policies, attempt: Attempt, pairs: list[tuple[Obj, Obj]]) -> Obj:
    """The object of *attempt* after the policies of these (policy, binding)."""
    new: Obj = attempt.obj or {}
    if not pairs:
        return new
    after = _round(policies, attempt, pairs)
    again = [pair for pair in pairs if pair[0]["spec"].get("reinvocationPolicy") == "IfNeeded"]
    if after != new and len(pairs) > 1:
        # What a later policy changed may concern an earlier one: once more, and only once.
        after = _round(policies, replace(attempt, obj=after), again)
    return after


def _round(policies: Policies, attempt: Attempt, pairs: Iterable[tuple[Obj, Obj]]) -> Obj:
    obj: Obj = attempt.obj or {}
    refusals: list[tuple[str, str]] = []
    for policy, binding in pairs:
        errors: list[PolicyError] = []
        try:
            scopes = policies.scopes(replace(attempt, obj=obj), policy, binding)
        except PolicyError as error:
            errors, scopes = [error], []
        for scope in scopes:
            obj = _mutated(attempt.kind, obj, policy, scope, errors)
        names = f"'{policy['metadata']['name']}' with binding '{binding['metadata']['name']}'"
        if not ignores_failures(policy):
            refusals += [
                (f"policy {names} denied request: {error}", error.reason) for error in errors
            ]
    if refusals:
        raise _refusal(attempt, refusals)
    return obj


def _refusal(attempt: Attempt, refusals: list[tuple[str, str]]) -> ApiError:
    """403 whose message and reason are those of the first policy that failed."""
    text, reason = refusals[0]
    plain = forbidden(attempt.kind.resource, attempt.meta.get("name", ""), text)
    causes = [{"message": text} for text, _ in refusals]
    return ApiError(
        plain.status, reason or plain.reason, text, details={**plain.details, "causes": causes}
    )


def _mutated(
    kind: ResourceType, obj: Obj, policy: Obj, scope: Scope, errors: list[PolicyError]
) -> Obj:
    """The object after a policy's mutations; one that fails is noted, and the others go on."""
    scope = replace(scope, data={**scope.data, "object": spelled(obj)})
    try:
        if not conditions_hold(policy, scope):
            return obj
    except PolicyError as error:
        errors.append(error)
        return obj
    for mutation in policy["spec"].get("mutations") or ():
        # Variables are worked out once per policy, from the object as the policy met it.
        scope = replace(scope, data={**scope.data, "object": spelled(obj)})
        try:
            obj = _mutate(kind, obj, mutation, scope)
        except PolicyError as error:
            errors.append(error)
        except cel.ExpressionError as error:
            errors.append(PolicyError(str(error), reason="Invalid"))
    return obj


def _mutate(kind: ResourceType, obj: Obj, mutation: Obj, scope: Scope) -> Obj:
    if mutation["patchType"] == "ApplyConfiguration":
        return _apply(kind, obj, scope.evaluate(mutation["applyConfiguration"]["expression"]))
    operations = scope.evaluate(mutation["jsonPatch"]["expression"])
    try:
        patched: Obj = jsonpatch.apply_patch(clone(obj), operations)
    except jsonpatch.JsonPatchTestFailed:
        return obj  # a failing test means "not for this object" (patch/json_patch.go)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        raise PolicyError(f"JSON Patch: {error}", reason="Invalid") from error
    return patched


def _apply(kind: ResourceType, obj: Obj, stated: Json) -> Obj:
    if not isinstance(stated, dict):
        text = "unsupported return type from ApplyConfiguration expression"
        raise PolicyError(text, reason="Invalid")
    atomic = list(_atomics(kind.schema, stated, ""))
    if atomic:
        text = "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, "
        raise PolicyError(f"{text}maps or structs: {', '.join(atomic)}", reason="Invalid")
    merged: Obj = merge(kind.schema, clone(obj), stated)
    return merged


def _atomics(schema: Obj, value: Json, path: str) -> Iterator[str]:
    """Where an apply configuration states something that is only ever replaced as a whole."""
    if isinstance(value, dict):
        if schema.get("x-kubernetes-map-type") == "atomic":
            yield path
        for key, sub in value.items():
            yield from _atomics(schemas.member(schema, key) or {}, sub, f"{path}.{key}")
    elif isinstance(value, list):
        if any(item_step(schema, item) is None for item in value):
            yield path
        for index, item in enumerate(value):
            yield from _atomics(schema.get("items", {}), item, f"{path}[{index}]")


def _expressions(policy: Obj) -> Iterator[tuple[str, str]]:
    for index, mutation in enumerate((policy.get("spec") or {}).get("mutations") or ()):
        for key in ("jsonPatch", "applyConfiguration"):
            if key in mutation:
                place = f"spec.mutations[{index}].{key}.expression"
                yield place, mutation[key].get("expression", "")
