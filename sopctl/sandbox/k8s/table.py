"""Tables: the columns that `kubectl get` prints, computed by the server.

Source: pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sopctl.sandbox.k8s import columns_policy
from sopctl.sandbox.k8s.columns import BY_STORAGE, Column
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, dig

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 365 * _DAY


def render(
    kind: ResourceType, objects: Sequence[Obj], meta: Obj, include: str, now: datetime
) -> Obj:
    """A metav1.Table; `include` is None, Metadata or Object, `now` is what ages count from."""
    columns = _columns(kind)
    page = ("resourceVersion", "continue", "remainingItemCount")
    kept = {key: meta[key] for key in page if meta.get(key)}
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": kept,
        "columnDefinitions": [_definition(kind, column) for column in columns],
        "rows": [
            {
                "cells": [_cell(column, obj, now) for column in columns],
                "object": None if include == "None" else _included(obj, include),
            }
            for obj in objects
        ],
    }


def age(stamp: str | None, now: datetime) -> str:
    """How long ago a time was, as kubectl abbreviates it."""
    if not stamp:
        return "<unknown>"
    seconds = int((now - datetime.fromisoformat(stamp)).total_seconds())
    if seconds < 2 * _MINUTE:
        return f"{max(seconds, 0)}s"
    if seconds < 10 * _MINUTE:
        return _pair(seconds // _MINUTE, "m", seconds % _MINUTE, "s")
    if seconds < 3 * _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 8 * _HOUR:
        return _pair(seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "m")
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h"
    if seconds < 2 * _YEAR:
        return f"{seconds // _DAY}d"
    return f"{seconds // _YEAR}y"


def _pair(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large}{unit}{small}{smaller}" if small else f"{large}{unit}"


def _columns(kind: ResourceType) -> Sequence[Column]:
    if kind.custom is not None:
        return _custom_columns(kind.custom)
    known = BY_STORAGE.get(kind.storage) or columns_policy.BY_STORAGE.get(kind.storage)
    return known or (_NAME, _AGE)


def _custom_columns(version: Obj) -> Sequence[Column]:
    declared = [
        Column(
            name=item["name"],
            value=_at(item["jsonPath"]),
            type=item["type"],
            priority=item.get("priority", 0),
            says=item.get("description") or f"{_FROM_PATH}{item['jsonPath']}",
        )
        for item in version.get("additionalPrinterColumns") or ()
    ]
    return (_NAME, *(declared or (_AGE,)))


def _at(path: str) -> Callable[[Obj], Json]:
    steps = path.lstrip(".").split(".")
    return lambda obj: dig(obj, *steps)


_FROM_PATH = "Custom resource definition column (in JSONPath format): "
_NAME = Column(
    name="Name",
    value=lambda obj: obj["metadata"]["name"],
    format="name",
    says="Name must be unique within a namespace. Is required when creating resources, although "
    "some resources may allow a client to request the generation of an appropriate name "
    "automatically. Name is primarily intended for creation idempotence and configuration "
    "definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
)
_AGE = Column(name="Age", value=_at(".metadata.creationTimestamp"), type="date")


def _definition(kind: ResourceType, column: Column) -> Obj:
    dated = kind.custom is not None or kind.storage == "customresourcedefinitions"
    return {
        "name": column.name,
        "type": "string" if column.type == "date" and not dated else column.type,
        "format": column.format,
        "description": column.says or column.name,
        "priority": column.priority,
    }


def _cell(column: Column, obj: Obj, now: datetime) -> Json:
    value = column.value(obj)
    return age(value, now) if column.type == "date" else value


def _included(obj: Obj, include: str) -> Obj:
    if include == "Object":
        return obj
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": obj["metadata"],
    }
