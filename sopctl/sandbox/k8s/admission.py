"""MutatingAdmissionPolicies, enforced: they change objects on their way into the store.

Source: k8s.io/apiserver pkg/admission/plugin/policy/{generic,matching,mutating}. A policy is
inert without a binding; it takes effect with the next request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import jsonpatch
import jsonpointer

from sopctl.sandbox.k8s import cel
from sopctl.sandbox.k8s.errors import cause, forbidden
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, clone
from sopctl.sandbox.k8s.patch_apply import merge
from sopctl.sandbox.k8s.selectors import selects
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.validate import invalid_object
from sopctl.sandbox.k8s.writer import Write

POLICIES = "mutatingadmissionpolicies"
BINDINGS = "mutatingadmissionpolicybindings"
_NEVER_MATCHED = frozenset(
    {POLICIES, BINDINGS, "validatingadmissionpolicies", "validatingadmissionpolicybindings"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A write that policies may change."""

    kind: ResourceType
    obj: Obj
    old: Obj | None
    write: Write

    @property
    def operation(self) -> str:
        """The operation as rules and expressions name it."""
        return "CREATE" if self.old is None else "UPDATE"

    @property
    def namespace(self) -> str:
        """The namespace of the object, "" when it is cluster-scoped."""
        return str(self.obj["metadata"].get("namespace", ""))


class PolicyError(Exception):
    """A policy that could not be applied; its failurePolicy decides what follows."""


class Policies:
    """The admission plugin: call it with every write."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    def __call__(self, kind: ResourceType, new: Obj, old: Obj | None, write: Write) -> Obj:
        """The object after every bound policy that matches; the same object if none does."""
        if kind.storage == POLICIES:
            _check_expressions(kind, new)
        bindings = self._store.table(BINDINGS).values()
        if kind.storage in _NEVER_MATCHED or not bindings:
            return new
        attempt = Attempt(kind=kind, obj=new, old=old, write=write)
        pairs = [pair for pair in self._bound(bindings) if self._matches(attempt, *pair)]
        before, after = new, self._round(attempt, pairs)
        again = [pair for pair in pairs if pair[0]["spec"].get("reinvocationPolicy") == "IfNeeded"]
        if after != before and len(pairs) > 1:
            after = self._round(_with(attempt, after), again)
        return after

    def _round(self, attempt: Attempt, pairs: Iterable[tuple[Obj, Obj]]) -> Obj:
        obj = attempt.obj
        for policy, binding in pairs:
            try:
                for params in self._params(attempt, policy, binding):
                    obj = self._mutated(_with(attempt, obj), policy, params)
            except (PolicyError, cel.ExpressionError) as error:
                if policy["spec"].get("failurePolicy", "Fail") == "Ignore":
                    continue
                names = f"'{policy['metadata']['name']}' with binding "
                names += f"'{binding['metadata']['name']}'"
                name = attempt.obj["metadata"].get("name", "")
                why = f"policy {names} denied request: {error}"
                raise forbidden(attempt.kind.resource, name, why) from error
        return obj

    def _bound(self, bindings: Iterable[Obj]) -> Iterator[tuple[Obj, Obj]]:
        for binding in sorted(bindings, key=lambda item: str(item["metadata"]["name"])):
            policy = self._store.get(POLICIES, ("", binding["spec"]["policyName"]))
            if policy is not None:
                yield policy, binding

    def _matches(self, attempt: Attempt, policy: Obj, binding: Obj) -> bool:
        constraints = policy["spec"].get("matchConstraints") or {}
        narrowed = binding["spec"].get("matchResources")
        if not self._matches_resources(attempt, constraints):
            return False
        return narrowed is None or self._matches_resources(attempt, narrowed, default=True)

    def _matches_resources(self, attempt: Attempt, match: Obj, *, default: bool = False) -> bool:
        rules = match.get("resourceRules") or ()
        if not (any(_rule_matches(attempt, rule) for rule in rules) or (default and not rules)):
            return False
        if any(_rule_matches(attempt, rule) for rule in match.get("excludeResourceRules") or ()):
            return False
        labels = attempt.obj["metadata"].get("labels") or {}
        if not selects(match.get("objectSelector") or {}, labels):
            return False
        if not attempt.namespace:
            return True
        namespace = self._store.get("namespaces", ("", attempt.namespace)) or {}
        owned = namespace.get("metadata", {}).get("labels") or {}
        return selects(match.get("namespaceSelector") or {}, owned)

    def _params(self, attempt: Attempt, policy: Obj, binding: Obj) -> list[Obj | None]:
        wanted = policy["spec"].get("paramKind")
        reference = binding["spec"].get("paramRef")
        if wanted is None or reference is None:
            return [None]
        kind = self._registry.of_kind(wanted["apiVersion"], wanted["kind"])
        if kind is None:
            raise PolicyError(f"params kind {wanted['kind']} is not served")
        namespace = ""
        if kind.namespaced:
            namespace = reference.get("namespace") or attempt.namespace
        found: list[Obj | None] = [
            obj
            for (_, name), obj in self._store.sorted(kind.storage, namespace)
            if name == reference.get("name")
            or selects(reference.get("selector"), obj["metadata"].get("labels") or {})
        ]
        if not found and reference.get("parameterNotFoundAction", "Deny") != "Allow":
            raise PolicyError(
                "no params found for policy binding with `Deny` parameterNotFoundAction"
            )
        return found

    def _mutated(self, attempt: Attempt, policy: Obj, params: Obj | None) -> Obj:
        data = self._variables(attempt, policy, params)
        if not _conditions_hold(policy, data):
            return attempt.obj
        obj = attempt.obj
        for mutation in policy["spec"].get("mutations") or ():
            obj = _mutate(attempt.kind, obj, mutation, {**data, "object": obj})
        return obj

    def _variables(self, attempt: Attempt, policy: Obj, params: Obj | None) -> dict[str, Json]:
        meta = attempt.obj["metadata"]
        kind = attempt.kind
        data: dict[str, Json] = {
            "object": attempt.obj,
            "oldObject": attempt.old,
            "params": params,
            "namespaceObject": self._store.get("namespaces", ("", attempt.namespace)),
            "request": {
                "operation": attempt.operation,
                "name": meta.get("name", ""),
                "namespace": attempt.namespace,
                "dryRun": attempt.write.dry_run,
                "kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
                "resource": {
                    "group": kind.group,
                    "version": kind.version,
                    "resource": kind.plural,
                },
                "userInfo": {"username": attempt.write.user},
            },
            "variables": {},
        }
        for variable in policy["spec"].get("variables") or ():
            data["variables"][variable["name"]] = cel.compiled(variable["expression"])(data)
        return data


class Priorities:
    """The Priority admission plugin: a pod's class becomes a number."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, kind: ResourceType, new: Obj, old: Obj | None, _: Write) -> Obj:
        """The pod with its priority; ApiError 403 for a class that does not exist."""
        name = new.get("spec", {}).get("priorityClassName")
        if kind.storage != "pods" or old is not None or not name:
            return new
        found = self._store.get("priorityclasses", ("", name))
        if found is None:
            why = f"no PriorityClass with name {name} was found"
            raise forbidden(kind.resource, new["metadata"].get("name", ""), why)
        policy = found.get("preemptionPolicy", "PreemptLowerPriority")
        spec = {**new["spec"], "priority": found.get("value", 0), "preemptionPolicy": policy}
        return {**new, "spec": spec}


def _with(attempt: Attempt, obj: Obj) -> Attempt:
    return Attempt(kind=attempt.kind, obj=obj, old=attempt.old, write=attempt.write)


def _rule_matches(attempt: Attempt, rule: Obj) -> bool:
    kind = attempt.kind
    names = rule.get("resourceNames")
    scope = {"*": kind.namespaced, "Namespaced": True, "Cluster": False}[rule.get("scope", "*")]
    return (
        _listed(rule.get("apiGroups"), kind.group)
        and _listed(rule.get("apiVersions"), kind.version)
        and _listed(rule.get("operations"), attempt.operation)
        and _listed(rule.get("resources"), kind.plural)
        and scope is kind.namespaced
        and (not names or attempt.obj["metadata"].get("name") in names)
    )


def _listed(choices: Iterable[str] | None, value: str) -> bool:
    return any(choice in ("*", value, f"{value}/*") for choice in choices or ())


def _conditions_hold(policy: Obj, data: dict[str, Json]) -> bool:
    """Whether no condition is false; an error counts only when none is."""
    errors: list[cel.ExpressionError] = []
    for condition in policy["spec"].get("matchConditions") or ():
        try:
            if cel.compiled(condition["expression"])(data) is not True:
                return False
        except cel.ExpressionError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return True


def _mutate(kind: ResourceType, obj: Obj, mutation: Obj, data: dict[str, Json]) -> Obj:
    if mutation["patchType"] == "ApplyConfiguration":
        stated = cel.compiled(mutation["applyConfiguration"]["expression"])(data)
        merged: Obj = merge(kind.schema, obj, stated)
        return merged
    operations = cel.compiled(mutation["jsonPatch"]["expression"])(data)
    try:
        patched: Obj = jsonpatch.apply_patch(clone(obj), operations)
    except jsonpatch.JsonPatchTestFailed:
        return obj  # a failing test means "not for this object" (patch/json_patch.go)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise PolicyError(f"JSON patch: {error}") from error
    return patched


def _check_expressions(kind: ResourceType, policy: Obj) -> None:
    """Refuse a policy whose expressions do not compile, as the server does when it is written."""
    spec = policy.get("spec") or {}
    texts = [
        (f"spec.{group}[{index}].expression", item.get("expression", ""))
        for group in ("matchConditions", "variables")
        for index, item in enumerate(spec.get(group) or ())
    ]
    for index, mutation in enumerate(spec.get("mutations") or ()):
        for key in ("jsonPatch", "applyConfiguration"):
            if key in mutation:
                place = f"spec.mutations[{index}].{key}.expression"
                texts.append((place, mutation[key].get("expression", "")))
    causes: list[Obj] = []
    for place, text in texts:
        try:
            cel.compiled(text)
        except cel.ExpressionError as error:
            message = f'Invalid value: "{text}": {error}'
            causes.append(cause("FieldValueInvalid", place, message))
    if causes:
        raise invalid_object(kind, policy, causes)
