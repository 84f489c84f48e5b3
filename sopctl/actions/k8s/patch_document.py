"""What ``k8s.patch`` is asked for: values at pointers, written as settings or as a JSON Patch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.providers import json_patch

# What the API server or another door of it writes; the rest of the metadata has no value to set.
_METADATA = ("labels", "annotations", "finalizers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One of RFC 6902. ``test`` is a condition: what fails it is left alone, and refused."""

    op: Literal["add", "replace", "remove", "test"]
    path: str
    value: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """*values* at pointers, *absent* pointers, and what the *tests* ask of the object first."""

    values: Mapping[str, Json]
    absent: tuple[str, ...]
    tests: tuple[tuple[str, Json], ...] = ()

    @property
    def pointers(self) -> tuple[str, ...]:
        return tuple(sorted({*self.values, *self.absent}))


def wanted(
    values: Mapping[str, object], absent: Sequence[str], patch: Sequence[Operation]
) -> Wanted:
    """What all of it together asks for; raises RefusedError for what cannot be one patch.

    The last of a JSON Patch counts where it writes one member twice, as it would at the server.
    """
    found = {each: cast("Json", value) for each, value in values.items()}
    gone, tests = list(absent), []
    for each in patch:
        value = cast("Json", each.value)
        if each.op == "test":
            tests.append((each.path, value))
        elif each.op == "remove":
            found.pop(each.path, None)
            gone.append(each.path)
        else:
            gone = [path for path in gone if path != each.path]
            found[each.path] = value
    _check([*found, *gone], [path for path, _ in tests])
    return Wanted(values=found, absent=tuple(dict.fromkeys(gone)), tests=tuple(tests))


def _check(written: Sequence[str], tested: Sequence[str]) -> None:
    if not written:
        raise RefusedError("there is nothing to change", hint="Give set, remove or patch.")
    paths = dict(_paths([*written, *tested]))
    for pointer in written:
        path = paths[pointer]
        if path[0] not in ("metadata", "status", "apiVersion", "kind") and "-" not in path:
            continue
        if path[0] == "metadata" and len(path) > 1 and path[1] in _METADATA and "-" not in path:
            continue
        raise RefusedError(
            f"{pointer} cannot be set and put back",
            hint="It can be in the object's own fields, labels, annotations and finalizers.",
        )
    for one in written:
        for other in written:
            if one != other and paths[other][: len(paths[one])] == paths[one]:
                raise RefusedError(f"{other} is inside of {one}", hint="Write the outer one whole.")


def _paths(pointers: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for each in pointers:
        try:
            yield each, json_patch.keys(each)
        except ValueError as error:
            raise RefusedError(
                str(error), hint="Write it as /spec/replicas; a / in a key is ~1 (RFC 6901)."
            ) from error
