"""The protobuf messages that kubectl sends and for which it offers no JSON instead.

`kubectl auth can-i` and `whoami` post reviews as protobuf, `kubectl create deployment` and its like
objects; only the fields that these commands set are known. Everything else kubectl sends as JSON.
Field numbers: `protobuf_fields`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from sopctl.sandbox.k8s.objects import Json, Obj
from sopctl.sandbox.k8s.protobuf_fields import MESSAGES, UNKNOWN, Field, Fields

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_RAW = 2  # runtime.Unknown.raw
_CONTINUES = 0x80

_Value = int | bytes


def decode(body: bytes) -> Obj | None:
    """The JSON form of a known message in Kubernetes' envelope, None for anything else."""
    if not body.startswith(_MAGIC):
        return None
    envelope = body[len(_MAGIC) :]
    try:
        meta = _message(envelope, UNKNOWN).get("typeMeta", {})
        fields = MESSAGES.get(meta.get("kind", ""))
        if fields is None:
            return None
        raw = next((value for number, value in _parts(envelope) if number == _RAW), b"")
        return {**meta, **_message(raw, fields)}
    except (IndexError, TypeError, UnicodeDecodeError):
        return None  # cut short, or not what its envelope says


def _message(data: _Value, fields: Fields) -> Obj:
    if isinstance(data, int):
        raise TypeError("a message was expected, not a number")
    out: Obj = {}
    for number, value in _parts(data):
        known = fields.get(number)
        if known is None:
            continue
        if known.kind == "map":
            entry = _message(value, known.fields)
            out.setdefault(known.name, {})[entry.get("key", "")] = entry.get("value", "")
        elif known.kind in ("texts", "messages"):
            out.setdefault(known.name, []).append(_value(known, value))
        elif known.kind == "message" or value not in (b"", None):
            # Go writes empty texts out, and they mean "not given".
            out[known.name] = _value(known, value)
    return out


def _value(known: Field, value: _Value) -> Json:
    match known.kind:
        case "message" | "messages":
            return _message(value, known.fields)
        case "int_or_string":
            given = _message(value, known.fields)
            return given.get("text", "") if given.get("type") else given.get("number", 0)
        case "number":
            return value
        case "flag":
            return bool(value)
        case "bytes":
            return base64.b64encode(_text(value)).decode()
        case _:
            return _text(value).decode()


def _text(value: _Value) -> bytes:
    if isinstance(value, int):
        raise TypeError("a text was expected, not a number")
    return value


def _parts(data: bytes) -> Iterator[tuple[int, _Value]]:
    """The numbered fields of a message."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        size, position = _varint(data, position)
        match tag & 7:
            case 0:  # a number
                yield tag >> 3, size
            case 2:  # so many bytes
                yield tag >> 3, data[position : position + size]
                position += size
            case other:
                raise TypeError(f"wire type {other} is not used by Kubernetes")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & ~_CONTINUES) << shift
        shift += 7
        if byte < _CONTINUES:
            return value, position
