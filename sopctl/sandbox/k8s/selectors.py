"""Label and field selectors, parsed and refused as the API does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from sopctl.sandbox.k8s.errors import bad_request
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj, dig

Labels = Mapping[str, str]
LabelTest = Callable[[Labels], bool]
ObjectTest = Callable[[Obj], bool]

_REQUIREMENT = re.compile(
    r"\s*(?:(?P<no>!)\s*)?(?P<key>[\w./-]+)\s*"
    r"(?:(?P<op>==|=|!=|>|<)\s*(?P<value>[\w.-]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|$)"
)
# Which fields a kind can be selected by, beside name and namespace; pkg/registry/**/strategy.go.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "nodes": ("spec.unschedulable",),
    "namespaces": ("status.phase",),
    "replicasets": ("status.replicas",),
    "replicationcontrollers": ("status.replicas",),
    "jobs": ("status.successful",),
    "secrets": ("type",),
}
_DEFAULTS = {"spec.unschedulable": "false", "spec.hostNetwork": "false", "status.replicas": "0"}


def label_test(selector: str) -> LabelTest:
    """The predicate of a label selector string; ApiError 400 when it cannot be parsed."""
    tests = _parse_labels(selector)
    return lambda labels: all(test(labels) for test in tests)


@lru_cache(maxsize=512)
def _parse_labels(selector: str) -> tuple[LabelTest, ...]:
    tests: list[LabelTest] = []
    position = 0
    while position < len(selector.rstrip()):
        match = _REQUIREMENT.match(selector, position)
        if match is None:
            raise bad_request(f'unable to parse requirement: found "{selector[position:]}"')
        tests.append(_label_requirement(match))
        position = match.end()
    return tuple(tests)


def _label_requirement(match: re.Match[str]) -> LabelTest:
    key = match["key"]
    if match["op"] in (">", "<") and not re.fullmatch(r"-?\d+", match["value"]):
        why = "for 'Gt', 'Lt' operators, the value must be an integer"
        wrong = f'values[0]: Invalid value: "{match["value"]}": {why}'
        raise bad_request(f"unable to parse requirement: {wrong}")
    if match["set"]:
        values = {value.strip() for value in match["values"].split(",")}
        operator = "In" if match["set"] == "in" else "NotIn"
        return _expression(key, operator, values)
    if match["op"] in (">", "<"):
        return _expression(key, "Gt" if match["op"] == ">" else "Lt", {match["value"]})
    if match["op"]:
        return _expression(key, "NotIn" if match["op"] == "!=" else "In", {match["value"]})
    return _expression(key, "DoesNotExist" if match["no"] else "Exists", set())


def _expression(key: str, operator: str, values: set[str]) -> LabelTest:
    match operator:
        case "In":
            return lambda labels: key in labels and labels[key] in values
        case "NotIn":
            return lambda labels: labels.get(key) not in values
        case "Exists":
            return lambda labels: key in labels
        case "DoesNotExist":
            return lambda labels: key not in labels
        case "Gt":
            return lambda labels: _number(labels.get(key)) > _bound(values)
        case "Lt":
            return lambda labels: _number(labels.get(key), missing=2**63) < _bound(values)
        case _:
            raise bad_request(f'"{operator}" is not a valid label selector operator')


def _bound(values: Iterable[str]) -> int:
    return _number(next(iter(values), None))


def _number(text: str | None, *, missing: int = -(2**63)) -> int:
    try:
        return int(text) if text is not None else missing
    except ValueError:
        return missing


def selects(selector: Obj | None, labels: Labels) -> bool:
    """Whether a metav1.LabelSelector matches; None matches nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(
        _expression(item["key"], item["operator"], set(item.get("values") or ()))(labels)
        for item in selector.get("matchExpressions") or ()
    )


def field_test(selector: str, kind: ResourceType) -> ObjectTest:
    """The predicate of a field selector string; ApiError 400 for a field the kind does not have."""
    tests = [_field_requirement(term, kind) for term in selector.split(",") if term.strip()]
    return lambda obj: all(test(obj) for test in tests)


def _unselectable(name: str, kind: ResourceType) -> str:
    """Kinds that can only be selected by their names say so (runtime/conversion.go)."""
    if _selectable(kind):
        return f"field label not supported: {name}"
    return f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _field_requirement(term: str, kind: ResourceType) -> ObjectTest:
    match = re.fullmatch(r"\s*([^=!]+?)\s*(==|=|!=)\s*(.*?)\s*", term)
    if match is None:
        raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    name, operator, value = match.groups()
    if name not in ("metadata.name", "metadata.namespace", *_selectable(kind)):
        raise bad_request(_unselectable(name, kind))
    path = tuple(name.split("."))
    if name == "source":
        path = ("source", "component")
    if name == "status.successful":
        path = ("status", "succeeded")
    missing = _DEFAULTS.get(name, "")
    equal = operator != "!="
    return lambda obj: (_text(dig(obj, *path), missing) == value) is equal


def _selectable(kind: ResourceType) -> Iterable[str]:
    if kind.custom is not None:
        return [f["jsonPath"].lstrip(".") for f in kind.custom.get("selectableFields", ())]
    return _FIELDS.get(kind.storage, ())


def _text(value: object, missing: str) -> str:
    if value is None:
        return missing
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
