"""The whole world at one moment, as bytes: both API halves, the controllers, clock and calls.

The controllers, whatever they remember, are pickled together with what they look at, so that one
that is added later needs nothing here. What belongs to the process (the clock, the account's
locks, addresses, tokens) stays where it is and is referred to by name.
"""

from __future__ import annotations

import copyreg
import dataclasses
import importlib
import io
import pickle
import threading
import types
from collections.abc import Hashable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Protocol, TypeAlias, cast

from sopctl.sandbox.aws import snapshot as aws
from sopctl.sandbox.aws.front import AwsFront
from sopctl.sandbox.k8s import snapshot as kubernetes
from sopctl.sandbox.k8s.http import KubeServer
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.process.stage import Stage
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.world import World

_RLOCK = type(threading.RLock())
_LOCK = type(threading.Lock())
_PROTOCOL = 5
_SLOW = dataclasses._dataclass_setstate  # type: ignore[attr-defined]  # noqa: SLF001  # what is replaced

# A pickled graph is of every type there is in the sandbox.
State: TypeAlias = dict[str, Any]
Acting: TypeAlias = tuple[World, Stage]  # what moves by itself, and what happens to it


class House(Protocol):
    """What stays while worlds come and go."""

    @property
    def clock(self) -> WorldClock: ...
    @property
    def aws(self) -> AwsFront: ...
    @property
    def kube(self) -> KubeServer: ...


def take(house: House, acting: Acting) -> bytes:
    """The house as it is; its lock, the cluster's and the account's are held."""
    stream = io.BytesIO()
    _Pickler(stream, _fixtures(house)).dump(
        {
            "now": house.clock.now(),
            "acting": acting,
            "aws": aws.state(house.aws),
            "kubernetes": kubernetes.state(house.kube),
        }
    )
    return stream.getvalue()


def parsed(house: House, data: bytes) -> State:
    """What *data* holds, made anew; nothing is changed yet. Only for bytes of our own making."""
    found: State = _Unpickler(io.BytesIO(data), _fixtures(house)).load()
    return found


def adopt(house: House, kept: State) -> Acting:
    """Put *kept* in the place of what is there, clock included; what now acts.

    The old world has been halted, and the account's lock is held.
    """
    now: datetime = kept["now"]
    house.clock.set(now)
    aws.adopt(house.aws, kept["aws"])
    kubernetes.adopt(house.kube, kept["kubernetes"])
    acting: Acting = kept["acting"]
    return acting


def _fixtures(house: House) -> dict[str, object]:
    return {
        "clock": house.clock,
        "cloud": house.aws.cloud,
        # What is ordered by the timeline goes into these very lists.
        "faults of aws": house.aws.faults,
        "faults of kubernetes": house.kube.faults,
    }


class _Pickler(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, fixtures: Mapping[str, object]) -> None:
        super().__init__(stream, _PROTOCOL)
        self._names = {id(value): name for name, value in fixtures.items()}

    def persistent_id(self, obj: Any) -> tuple[str, str] | None:  # noqa: ANN401  # any object
        if isinstance(obj, types.ModuleType):  # a controller may be a module
            return "module", obj.__name__
        name = self._names.get(id(obj))
        return None if name is None else ("fixture", name)

    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401  # pickle's own interface
        """Locks are made anew, once for each that there was, and free."""
        if isinstance(obj, _RLOCK):
            return threading.RLock, ()
        if isinstance(obj, _LOCK):
            return threading.Lock, ()
        if isinstance(obj, threading.Event):
            return threading.Event, ()
        if isinstance(obj, Store):
            return kubernetes.reduced(obj)
        if vars(type(obj)).get("__setstate__") is _SLOW:
            return _reduced(obj)
        return NotImplemented


def _reduced(obj: Any) -> tuple[Any, ...]:  # noqa: ANN401  # any dataclass that is frozen and has slots
    """As the dataclass itself does, which looks at its fields for every single value it revives."""
    values = tuple(getattr(obj, name) for name in _names(type(obj)))
    return copyreg.__newobj__, (type(obj),), values, None, None, _revive  # type: ignore[attr-defined]


def _revive(obj: object, values: tuple[object, ...]) -> None:
    for name, value in zip(_names(type(obj)), values, strict=True):
        object.__setattr__(obj, name, value)


def _names(kind: type) -> tuple[str, ...]:
    return _fields(cast("Hashable", kind))


@cache
def _fields(kind: Hashable) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cast("type[Any]", kind)))


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, fixtures: Mapping[str, object]) -> None:
        super().__init__(stream)
        self._fixtures = fixtures

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401  # any object
        kind, name = pid
        return importlib.import_module(name) if kind == "module" else self._fixtures[name]
