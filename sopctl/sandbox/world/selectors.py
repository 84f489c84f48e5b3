"""Label selectors, for pods and for nodes."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.sandbox.world.ports import Obj


def matches(selector: Obj | None, labels: Mapping[str, str]) -> bool:
    """Whether a `metav1.LabelSelector` selects these labels.

    No selector selects nothing, an empty one everything (apimachinery `LabelSelectorAsSelector`).
    """
    if selector is None:
        return False
    wanted: dict[str, str] = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(requirement(each, labels) for each in selector.get("matchExpressions") or ())


def requirement(expression: Obj, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy one requirement of a label or node selector."""
    key, operator = expression["key"], expression["operator"]
    values: list[str] = expression.get("values") or []
    match operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case "Gt" | "Lt":
            return key in labels and _compares(operator, labels[key], values[0])
        case _:
            raise ValueError(f"unknown selector operator {operator!r} for key {key!r}")


def _compares(operator: str, have: str, want: str) -> bool:
    """Compare whole numbers; one below zero is no label value, and a selector with it is void."""
    if not (have.isdigit() and want.isdigit()):
        return False
    return int(have) > int(want) if operator == "Gt" else int(have) < int(want)
