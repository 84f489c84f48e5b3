"""Who selects whom, found through one label instead of by looking at everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.selectors import matches
from sopctl.sandbox.world.view import View


def selecting(view: View, resource: str, namespace: str, labels: Mapping[str, str]) -> list[Obj]:
    """Return the Services or budgets of a namespace that select these labels."""
    keys = [f"{namespace}/", *(f"{namespace}/{key}={value}" for key, value in labels.items())]
    return [
        each
        for key in keys
        for each in view.lookup(resource, "selector", _selector_keys, key)
        if matches(selector_of(each), labels)
    ]


def selected(view: View, namespace: str, selector: Obj | None) -> list[Obj]:
    """Return the pods of a namespace that a label selector selects."""
    if selector is None:
        return []
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    keys = [f"{namespace}/{key}={value}" for key, value in wanted.items()] or [f"{namespace}/"]
    found = min((view.lookup("pods", "labels", _label_keys, key) for key in keys), key=len)
    return [pod for pod in found if matches(selector, pod["metadata"].get("labels") or {})]


def selector_of(obj: Obj) -> Obj | None:
    """Return the label selector of a budget or, from its plain labels, of a Service."""
    found: Obj | None = obj["spec"].get("selector")
    if obj.get("kind") == "Service" or (found and not found.keys() <= _PARTS):
        return {"matchLabels": found} if found else None
    return found


_PARTS = frozenset({"matchLabels", "matchExpressions"})


def _selector_keys(obj: Obj) -> Iterable[str]:
    selector = selector_of(obj)
    if selector is None:
        return
    namespace = obj["metadata"]["namespace"]
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    key = next(iter(sorted(wanted)), None)
    yield f"{namespace}/" if key is None else f"{namespace}/{key}={wanted[key]}"


def _label_keys(pod: Obj) -> Iterable[str]:
    namespace = pod["metadata"]["namespace"]
    yield f"{namespace}/"
    for key, value in (pod["metadata"].get("labels") or {}).items():
        yield f"{namespace}/{key}={value}"
