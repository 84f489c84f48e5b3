"""The protobuf messages that kubectl sends and for which it offers no JSON instead.

`kubectl auth can-i` and `whoami` post reviews as protobuf, `kubectl create namespace` and its like
objects. Everything else it sends as JSON. Field numbers: the generated.proto files of
k8s.io/api/{authorization,core}/v1, k8s.io/apimachinery/pkg/{apis/meta/v1,runtime}.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sopctl.sandbox.k8s.objects import Json, Obj

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_RAW = 2  # runtime.Unknown.raw
_CONTINUES = 0x80


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: Literal["text", "bytes", "message", "map"] = "text"
    fields: Mapping[int, _Field] = field(default_factory=dict)


_Fields = Mapping[int, _Field]


def _texts(*names: str) -> _Fields:
    return {number: _Field(name) for number, name in enumerate(names, 1)}


def _map(name: str, kind: Literal["text", "bytes"] = "text") -> _Field:
    return _Field(name, "map", {1: _Field("key"), 2: _Field("value", kind)})


_ATTRIBUTES = _texts("namespace", "verb", "group", "version", "resource", "subresource", "name")
_META: _Fields = {
    **_texts("name", "generateName", "namespace"),
    11: _map("labels"),
    12: _map("annotations"),
}
_OBJECT: _Fields = {1: _Field("metadata", "message", _META)}
_ACCESS: _Fields = {
    1: _Field("resourceAttributes", "message", _ATTRIBUTES),
    2: _Field("nonResourceAttributes", "message", _texts("path", "verb")),
}
_MESSAGES: Mapping[str, _Fields] = {
    "ConfigMap": {**_OBJECT, 2: _map("data"), 3: _map("binaryData", "bytes")},
    "Namespace": _OBJECT,
    "Secret": {**_OBJECT, 2: _map("data", "bytes"), 3: _Field("type"), 4: _map("stringData")},
    "SelfSubjectAccessReview": {2: _Field("spec", "message", _ACCESS)},
    "SelfSubjectReview": {},
    "SelfSubjectRulesReview": {2: _Field("spec", "message", _texts("namespace"))},
    "ServiceAccount": _OBJECT,
}
_UNKNOWN: _Fields = {1: _Field("typeMeta", "message", _texts("apiVersion", "kind"))}


def decode(body: bytes) -> Obj | None:
    """The JSON form of a known message in Kubernetes' envelope, None for anything else."""
    if not body.startswith(_MAGIC):
        return None
    envelope = body[len(_MAGIC) :]
    meta = _message(envelope, _UNKNOWN).get("typeMeta", {})
    fields = _MESSAGES.get(meta.get("kind", ""))
    if fields is None:
        return None
    raw = next((value for number, value in _parts(envelope) if number == _RAW), b"")
    return {**meta, **_message(raw, fields)}


def _message(data: bytes, fields: _Fields) -> Obj:
    out: Obj = {}
    for number, value in _parts(data):
        known = fields.get(number)
        if known is None:
            continue
        if known.kind == "map":
            entry = _message(value, known.fields)
            out.setdefault(known.name, {})[entry.get("key", "")] = entry.get("value", "")
        elif known.kind == "message" or value:
            # Go writes empty strings out, and they mean "not given".
            out[known.name] = _value(known, value)
    return out


def _value(known: _Field, value: bytes) -> Json:
    match known.kind:
        case "message":
            return _message(value, known.fields)
        case "bytes":
            return base64.b64encode(value).decode()
        case _:
            return value.decode()


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a message; numbers are skipped."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        size, position = _varint(data, position)
        if tag & 7 == 2:  # noqa: PLR2004  # the wire type "length-delimited"
            yield tag >> 3, data[position : position + size]
            position += size


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & ~_CONTINUES) << shift
        shift += 7
        if byte < _CONTINUES:
            return value, position
