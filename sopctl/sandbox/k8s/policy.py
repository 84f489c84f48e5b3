"""What both kinds of admission policy share: what they match, and what their expressions see.

Source: k8s.io/apiserver pkg/admission/plugin/policy/{generic,matching}, webhook/predicates/rules
and webhook/matchconditions. A policy is inert without a binding; it takes effect with the next
request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sopctl.sandbox.k8s import cel
from sopctl.sandbox.k8s.errors import cause
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, spelled
from sopctl.sandbox.k8s.selectors import selects
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.validate import invalid_object
from sopctl.sandbox.k8s.writer import Write

# A policy cannot lock itself, or another policy, in (matching/matching.go, isPolicyResource).
NEVER_MATCHED = frozenset(
    {
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
    }
)
_VARIABLE = re.compile(r"\bvariables\.([A-Za-z_]\w*)")


class PolicyError(Exception):
    """A policy that could not be applied; its failurePolicy decides what follows.

    `reason` is the reason of the refusal, if it becomes one; `configured` says that a binding
    could not even be used, as against an expression that failed.
    """

    def __init__(self, message: str, *, reason: str = "", configured: bool = False) -> None:
        super().__init__(f"failed to configure binding: {message}" if configured else message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A write that policies look at; `obj` is None for a deletion."""

    kind: ResourceType
    obj: Obj | None
    old: Obj | None
    write: Write
    subresource: str = ""

    @property
    def operation(self) -> str:
        """The operation as rules and expressions name it."""
        if self.obj is None:
            return "DELETE"
        return "CREATE" if self.old is None else "UPDATE"

    @property
    def meta(self) -> Obj:
        """The metadata of the object, or of the one that is to be deleted."""
        found: Obj = (self.obj or self.old or {})["metadata"]
        return found

    @property
    def namespace(self) -> str:
        """The namespace of the object, "" when it is cluster-scoped."""
        return str(self.meta.get("namespace", ""))


@dataclass(slots=True)
class Scope:
    """What an expression sees; variables are worked out when something first asks for them."""

    data: dict[str, Json]
    variables: dict[str, str]
    _known: dict[str, Json] = field(default_factory=dict)

    def evaluate(self, expression: str) -> Json:
        """The value of an expression; cel.ExpressionError when it, or a variable of it, fails."""
        for name in _VARIABLE.findall(expression):
            if name not in self._known and name in self.variables:
                self._known[name] = self.evaluate(self.variables[name])
        return cel.compiled(expression)({**self.data, "variables": self._known})


class Policies:
    """Finds the policies of one kind that apply to a write, with their parameters."""

    def __init__(self, store: Store, registry: Registry, policies: str, bindings: str) -> None:
        self._store = store
        self._registry = registry
        self._policies = policies
        self._bindings = bindings

    def matching(self, attempt: Attempt) -> list[tuple[Obj, Obj]]:
        """(policy, binding) for every bound policy that matches, in the bindings' name order."""
        bindings = self._store.table(self._bindings).values()
        if not bindings or attempt.kind.storage in NEVER_MATCHED:
            return []
        return [pair for pair in self._bound(bindings) if self.fits(attempt, *pair)]

    def scopes(self, attempt: Attempt, policy: Obj, binding: Obj) -> list[Scope]:
        """What the policy's expressions see, once for each of its parameter objects.

        Raises PolicyError when the binding asks for parameters that it cannot have.
        """
        return [
            self._scope(attempt, policy, params)
            for params in self._params(attempt, policy, binding)
        ]

    def _bound(self, bindings: Iterable[Obj]) -> Iterator[tuple[Obj, Obj]]:
        for binding in sorted(bindings, key=lambda item: str(item["metadata"]["name"])):
            policy = self._store.get(self._policies, ("", binding["spec"]["policyName"]))
            if policy is not None:
                yield policy, binding

    def fits(self, attempt: Attempt, policy: Obj, binding: Obj) -> bool:
        """Whether the constraints of a policy, and those of its binding, are met."""
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
        selector = match.get("objectSelector") or {}
        objects = [obj for obj in (attempt.obj, attempt.old) if obj is not None]
        # A change that leaves the selection is still looked at.
        if not any(selects(selector, obj["metadata"].get("labels") or {}) for obj in objects):
            return False
        return self._in_namespace(attempt, match.get("namespaceSelector") or {})

    def _in_namespace(self, attempt: Attempt, selector: Obj) -> bool:
        if attempt.kind.storage == "namespaces":
            return selects(selector, attempt.meta.get("labels") or {})
        if not attempt.namespace:
            return True
        namespace = self._store.get("namespaces", ("", attempt.namespace)) or {}
        return selects(selector, namespace.get("metadata", {}).get("labels") or {})

    def _params(self, attempt: Attempt, policy: Obj, binding: Obj) -> list[Obj | None]:
        wanted = policy["spec"].get("paramKind")
        reference = binding["spec"].get("paramRef")
        if wanted is None or reference is None:
            return [None]
        kind = self._registry.of_kind(wanted["apiVersion"], wanted["kind"])
        if kind is None:
            text = f"paramKind kind `{wanted['apiVersion']}, Kind={wanted['kind']}` not known"
            raise PolicyError(text, configured=True)
        namespace = reference.get("namespace") or ""
        if namespace and not kind.namespaced:
            text = "paramRef.namespace must not be provided for a cluster-scoped `paramKind`"
            raise PolicyError(text, configured=True)
        if kind.namespaced and not (namespace or attempt.namespace):
            text = "cannot use namespaced paramRef in policy binding that matches cluster-scoped"
            raise PolicyError(f"{text} resources", configured=True)
        place = (namespace or attempt.namespace) if kind.namespaced else ""
        found: list[Obj | None] = [
            obj
            for (_, name), obj in self._store.sorted(kind.storage, place)
            if name == reference.get("name")
            or selects(reference.get("selector"), obj["metadata"].get("labels") or {})
        ]
        if not found and reference.get("parameterNotFoundAction", "Deny") != "Allow":
            text = "no params found for policy binding with `Deny` parameterNotFoundAction"
            raise PolicyError(text, configured=True)
        return found

    def _scope(self, attempt: Attempt, policy: Obj, params: Obj | None) -> Scope:
        namespace = attempt.namespace if attempt.kind.storage != "namespaces" else ""
        stated = policy["spec"].get("variables") or ()
        return Scope(
            data={
                "object": spelled(attempt.obj),
                "oldObject": spelled(attempt.old),
                "params": spelled(params),
                "namespaceObject": spelled(self._store.get("namespaces", ("", namespace))),
                "request": _request(attempt),
            },
            variables={item["name"]: item["expression"] for item in stated},
        )


def conditions_hold(policy: Obj, scope: Scope) -> bool:
    """Whether no match condition is false; an error counts only when none is.

    Raises PolicyError for the errors; with failurePolicy Ignore they mean that it does not match.
    """
    errors: list[str] = []
    for condition in policy["spec"].get("matchConditions") or ():
        try:
            if scope.evaluate(condition["expression"]) is not True:
                return False
        except cel.ExpressionError as error:
            errors.append(str(error))
    if errors:
        text = errors[0] if len(errors) == 1 else "[" + ", ".join(errors) + "]"
        raise PolicyError(text, reason="Invalid")
    return True


def ignores_failures(policy: Obj) -> bool:
    """Whether the policy lets a write through where it could not be applied."""
    return bool(policy["spec"].get("failurePolicy", "Fail") == "Ignore")


def require_compilable(kind: ResourceType, policy: Obj, texts: Iterable[tuple[str, str]]) -> None:
    """ApiError 422 for (field, expression) pairs that do not compile, as when one is written."""
    spec = policy.get("spec") or {}
    shared = [
        (f"spec.{group}[{index}].expression", item.get("expression", ""))
        for group in ("matchConditions", "variables")
        for index, item in enumerate(spec.get(group) or ())
    ]
    causes: list[Obj] = []
    for place, text in (*shared, *texts):
        try:
            cel.compiled(text)
        except cel.ExpressionError as error:
            message = f'Invalid value: "{text}": {error}'
            causes.append(cause("FieldValueInvalid", place, message))
    if causes:
        raise invalid_object(kind, policy, causes)


def _request(attempt: Attempt) -> Obj:
    kind, write = attempt.kind, attempt.write
    return {
        "operation": attempt.operation,
        "name": attempt.meta.get("name", ""),
        "namespace": attempt.namespace,
        "dryRun": write.dry_run,
        "kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "resource": {"group": kind.group, "version": kind.version, "resource": kind.plural},
        "subResource": attempt.subresource,
        "userInfo": {"username": write.user, "groups": list(write.groups)},
    }


def _rule_matches(attempt: Attempt, rule: Obj) -> bool:
    kind = attempt.kind
    names = rule.get("resourceNames")
    scope = {"*": kind.namespaced, "Namespaced": True, "Cluster": False}[rule.get("scope", "*")]
    return (
        _listed(rule.get("apiGroups"), kind.group)
        and _listed(rule.get("apiVersions"), kind.version)
        and _listed(rule.get("operations"), attempt.operation)
        and any(_names(attempt, each) for each in rule.get("resources") or ())
        and scope is kind.namespaced
        and (not names or attempt.meta.get("name") in names)
    )


def _listed(choices: Iterable[str] | None, value: str) -> bool:
    return any(choice in ("*", value) for choice in choices or ())


def _names(attempt: Attempt, resource: str) -> bool:
    plural, _, subresource = resource.partition("/")
    return plural in ("*", attempt.kind.plural) and subresource in ("*", attempt.subresource)
