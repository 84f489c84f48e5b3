"""A command of sopctl in a process of its own, which stops at a place of its engine to be struck.

The process is forked from one that has everything imported, so that it starts in no time; what
runs in it is the whole command line. Where its engine passes the place it says so, and waits: then
it is struck, by a real signal or by what its terminal does, and goes on, if it can.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import selectors
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn
from unittest import mock

from sopctl.app import desk
from sopctl.cli import main as command_line
from sopctl.engine.ports import Deps

FORK: Final = multiprocessing.get_context("fork")
UNFLUSHED: Final = 120  # the exit code of an interpreter that lost output at its end
LIMIT: Final = 90.0  # seconds, after which a command that has not ended hangs
KIND: Final = re.compile(r"^(before|after) (append \w+|\w+)")


def kind_of(point: str) -> str:
    """A point without its step: `before converge`, `after append intent`."""
    found = KIND.match(point)
    assert found, point
    return found[0]


@dataclass(frozen=True, slots=True)
class Place:
    """The *nth* time, from 0, that the engine passes a point of this *kind*."""

    kind: str
    nth: int = 0


NOWHERE: Final = Place("nowhere")


class Ride:
    """A command under way, and afterwards what came of it."""

    def __init__(
        self,
        words: Sequence[str],
        env: Mapping[str, str],
        place: Place = NOWHERE,
        *,
        terminal: bool = False,
    ) -> None:
        ours, theirs = socket.socketpair()
        self._out, out = os.openpty() if terminal else os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        orders = _Orders(
            words=words,
            env=env,
            place=place,
            control=theirs,
            out=out,
            terminal=terminal,
            close=(self._out, ours.fileno()),
        )
        self._process = FORK.Process(target=_carry_out, args=(orders,))
        self._process.start()
        theirs.close()
        os.close(out)
        self._control = ours
        self._said = b""
        self._limit = time.monotonic() + LIMIT
        self.hangs = False

    @property
    def said(self) -> str:
        return self._said.decode(errors="replace")

    @property
    def code(self) -> int | None:
        """What the process ended with; the negative number of a signal that killed it."""
        return self._process.exitcode

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def until(self) -> str:
        """Wait for the place, and say which point it is; empty: it has ended."""
        for ready in self._ready():
            if ready == self._out:
                self._hear()
            elif ready == self._control.fileno() and (point := self._control.recv(200)):
                return point.decode()
        return ""

    def go_on(self) -> None:
        """Let the engine pass the place, if it still is there."""
        with suppress(OSError):
            self._control.send(b".")

    def kill(self) -> None:
        """Whatever became of it: nobody waits for it any more."""
        self._process.kill()
        self._process.join()

    def hear_no_more(self) -> None:
        """Close our end of the terminal, or of the pipe, that it speaks to."""
        os.close(self._out)
        self._out = -1

    def end(self) -> Ride:
        """Wait for the end, passing whatever place still comes."""
        while self.until():
            self.go_on()
        return self

    def _ready(self) -> Iterator[int]:
        """What there is to be read, until the process has ended and nothing is left."""
        ended = self._process.sentinel
        while True:
            with selectors.DefaultSelector() as waiting:
                for number in {self._out, self._control.fileno(), ended} - {-1}:
                    waiting.register(number, selectors.EVENT_READ)
                ready = {key.fd for key, _ in waiting.select(1.0)}
            if ended in ready:
                break
            if time.monotonic() > self._limit:
                self.hangs = True
                self._process.kill()
            yield from ready
        self._process.join()
        while self._out >= 0 and self._hear():
            pass
        self._control.close()

    def _hear(self) -> bool:
        try:
            heard = os.read(self._out, 65536)
        except OSError:  # EIO is the end of a terminal
            heard = b""
        self._said += heard
        if not heard:
            self.hear_no_more()
        return bool(heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Orders:
    """What the child is handed: what to be, where to stop, and its ends of what is spoken over."""

    words: Sequence[str]
    env: Mapping[str, str]
    place: Place
    control: socket.socket
    out: int
    terminal: bool
    close: Sequence[int]  # ours: open there, they would keep the other ends open


def _carry_out(orders: _Orders) -> None:
    """In the child: be `sopctl WORDS`, with *out* as its terminal or as what it prints to."""
    for number in orders.close:
        os.close(number)
    if orders.terminal:
        os.login_tty(orders.out)
    else:
        for number in (1, 2):
            os.dup2(orders.out, number)
        os.close(orders.out)
    sys.stdin = sys.stdout = sys.stderr = None  # the command line opens what is not open
    os.environ.clear()
    os.environ.update(orders.env)
    sys.argv = ["sopctl", *orders.words]
    stopping = partial(Deps, point=_Point(orders.place, orders.control))
    try:
        with mock.patch.object(desk, "Deps", stopping):
            command_line.main()
    except SystemExit as end:
        _leave(end.code)


def _leave(code: object) -> NoReturn:
    """End as an interpreter does, which a forked process would not: after the last thread."""
    for each in threading.enumerate():
        if each is not threading.main_thread() and not each.daemon:
            each.join()
    try:
        sys.stdout.flush()
    except OSError:
        os._exit(UNFLUSHED)
    os._exit(code if isinstance(code, int) else 1)


class _Point:
    """Stops at the place until it is told to go on."""

    def __init__(self, place: Place, control: socket.socket) -> None:
        self._place, self._control = place, control
        self._lock = threading.Lock()
        self._passed = 0

    def __call__(self, point: str) -> None:
        if kind_of(point) != self._place.kind:
            return
        with self._lock:
            if self._passed == self._place.nth:
                self._control.send(point.encode())
                self._control.recv(1)
            self._passed += 1
