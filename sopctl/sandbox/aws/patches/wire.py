"""How replies become XML: what moto's serializer made, written down at once.

moto asks xmltodict, which raises an event for each element and checks each name against XML's
grammar: a third of the time of a describe call. Here names come from AWS's own models.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from moto.core.serialize import BaseXMLSerializer

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def fragment(_: BaseXMLSerializer, body: Mapping[str, object]) -> str:
    """*body* as xmltodict's ``unparse`` with ``full_document=False, short_empty_elements=True``."""
    parts: list[str] = []
    for name, value in body.items():
        _write(parts, name, value)
    return "".join(parts)


def document(serializer: BaseXMLSerializer, body: Mapping[str, object]) -> str:
    """*body* as ``unparse`` with ``full_document=True, short_empty_elements=True``."""
    return HEAD + fragment(serializer, body)


def _write(parts: list[str], name: str, value: object) -> None:
    """A list is its elements one after the other, so an empty one is nothing."""
    if isinstance(value, list | tuple):
        for each in value:
            _write(parts, name, each)
    elif isinstance(value, Mapping):
        _write_mapping(parts, name, value)
    else:
        text = _text(value)
        parts.append(f"<{name}>{text}</{name}>" if text else f"<{name}/>")


def _write_mapping(parts: list[str], name: str, value: Mapping[str, object]) -> None:
    """Keys with ``@`` are attributes, ``#text`` is what stands between the tags."""
    inner: list[str] = []
    attributes = ""
    for key, each in value.items():
        if key.startswith("@"):
            attributes += f" {key[1:]}={quoteattr(str(each))}"
        elif key != "#text":
            _write(inner, key, each)
    inner.append(_text(value.get("#text")))
    text = "".join(inner)
    parts.append(f"<{name}{attributes}>{text}</{name}>" if text else f"<{name}{attributes}/>")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else escape(str(value))
