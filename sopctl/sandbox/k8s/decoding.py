"""How a body becomes a value, and what Go's decoders say of one that cannot.

Source: k8s.io/apiserver pkg/endpoints/handlers/rest.go, sigs.k8s.io/json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import yaml

from sopctl.sandbox.k8s.objects import Json, Obj

_LONGEST_SUMMARY = 1024
_OBJECT = ord("{")
_GO_KINDS = {bool: "bool", float: "number", int: "number", str: "string"}
_WANTED = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key "
    "string",
    "Expecting ',' delimiter": "after object key:value pair",
    "Expecting ':' delimiter": "after object key",
    "Extra data": "after top-level value",
}
_STRUCT = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string '
_STRUCT += '"json:\\"kind,omitempty\\"" }'


class _YamlLoader(yaml.SafeLoader):
    """YAML as Kubernetes reads it: into JSON, which has no dates."""


_YamlLoader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Members(dict[str, Json]):
    """An object that remembers which of its members were given twice."""

    twice: Sequence[str] = ()


def from_json(body: bytes) -> Json:
    """The value of a JSON body; ValueError with what Go says of a broken one."""
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()):
            raise ValueError("unexpected end of JSON input") from error
        wanted = _WANTED.get(error.msg, "looking for beginning of value")
        text = f"invalid character '{error.doc[error.pos]}' {wanted}"
        raise ValueError(text) from error


def from_yaml(body: bytes) -> Json:
    """The value of a YAML body; ValueError where it is none, in the words of Python's parser."""
    try:
        return yaml.load(body, Loader=_YamlLoader)  # noqa: S506  # a SafeLoader
    except yaml.YAMLError as error:
        raise ValueError(f"error converting YAML to JSON: yaml: {error}") from error


def duplicates(body: bytes) -> list[str]:
    """The places of members that a JSON body gives twice, of which the last one counts."""
    try:
        value = json.loads(body, object_pairs_hook=_members)
    except ValueError:
        return []
    return list(_places(value, ""))


def _members(pairs: list[tuple[str, Json]]) -> _Members:
    found = _Members(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        found.twice = [key for index, key in enumerate(keys) if key in keys[:index]]
    return found


def _places(value: Json, path: str) -> Iterator[str]:
    if isinstance(value, _Members):
        for key in value.twice:
            yield f"{path}{key}"
        for key, inner in value.items():
            yield from _places(inner, f"{path}{key}.")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, f"{path.removesuffix('.')}[{index}].")


def no_object(value: Json) -> str:
    """What is said of a value that should have been an object."""
    kind = _GO_KINDS.get(type(value), "array")
    return f"json: cannot unmarshal {kind} into Go value of type {_STRUCT}"


def unrecognized(kind: str, why: str, body: bytes) -> str:
    """The message about a body in which no object of a kind can be found."""
    what = f"the object provided is unrecognized (must be of type {kind})"
    return f"{what}: couldn't get version/kind; json parse error: {why} ({summary(body)})"


def kindless(kind: str, member: str, body: bytes) -> str:
    """The message about a body that does not say what it is."""
    shown = body.decode(errors="replace")
    what = f"the object provided is unrecognized (must be of type {kind})"
    return f"{what}: Object '{member}' is missing in '{shown}' ({summary(body)})"


def summary(body: bytes) -> str:
    """How a body is shown that cannot be read (summarizeData)."""
    shown = body[:_LONGEST_SUMMARY]
    cut = " ..." if len(body) > _LONGEST_SUMMARY else ""
    if not body:
        return "<empty>"
    return (shown.decode(errors="replace") if body[0] == _OBJECT else shown.hex()) + cut


def as_yaml(value: Obj) -> bytes:
    """An answer in YAML, members in order of their names as Go writes them."""
    return yaml.safe_dump(value, sort_keys=True, allow_unicode=True).encode()
