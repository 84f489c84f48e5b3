"""The three protobuf messages that kubectl sends and for which it takes no JSON instead.

`kubectl auth can-i` and `whoami` post reviews as protobuf. Field numbers:
k8s.io/api/authorization/v1/generated.proto and k8s.io/apimachinery/pkg/runtime/generated.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sopctl.sandbox.k8s.objects import Obj

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_BYTES = 2  # wire type: length-delimited

# Field number -> (name, the fields of the message in it, or None for a string).
_Fields = Mapping[int, "tuple[str, _Fields | None]"]

_ATTRIBUTES: _Fields = {
    1: ("namespace", None),
    2: ("verb", None),
    3: ("group", None),
    4: ("version", None),
    5: ("resource", None),
    6: ("subresource", None),
    7: ("name", None),
}
_PATH: _Fields = {1: ("path", None), 2: ("verb", None)}
_MESSAGES: Mapping[str, _Fields] = {
    "SelfSubjectAccessReview": {
        2: ("spec", {1: ("resourceAttributes", _ATTRIBUTES), 2: ("nonResourceAttributes", _PATH)})
    },
    "SelfSubjectRulesReview": {2: ("spec", {1: ("namespace", None)})},
    "SelfSubjectReview": {},
}
_UNKNOWN: _Fields = {1: ("typeMeta", {1: ("apiVersion", None), 2: ("kind", None)})}


def decode(body: bytes) -> Obj | None:
    """The JSON form of a review in Kubernetes' protobuf envelope, None for anything else."""
    if not body.startswith(_MAGIC):
        return None
    envelope = body[len(_MAGIC) :]
    meta = _message(envelope, _UNKNOWN).get("typeMeta", {})
    fields = _MESSAGES.get(meta.get("kind", ""))
    if fields is None:
        return None
    raw = next((value for number, value in _fields(envelope) if number == 2), b"")  # noqa: PLR2004  # Unknown.raw
    return {**meta, **_message(raw, fields)}


def _message(data: bytes, fields: _Fields) -> Obj:
    out: Obj = {}
    for number, value in _fields(data):
        if number in fields:
            name, inner = fields[number]
            out[name] = value.decode() if inner is None else _message(value, inner)
    return out


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The length-delimited fields of a message; numbers are skipped."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        size, position = _varint(data, position)
        if tag & 7 == _BYTES:
            yield tag >> 3, data[position : position + size]
            position += size


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  # the last byte has no continuation bit
            return value, position
