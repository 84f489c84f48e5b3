"""Each question is asked once, whoever asks first; the others wait for the same answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

from sopctl.core.clock import boot_seconds
from sopctl.core.shape import readable

T = TypeVar("T")
FORGET_FAILURE = 15.0  # seconds: a plan with ten steps must not wait ten times for a dead API


class Once:
    """Answers by key: thread-safe, single flight. Failures are remembered for a short time."""

    def __init__(self, seconds: Callable[[], float] = boot_seconds) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._answers: dict[Hashable, tuple[Future[Any], float]] = {}

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """The answer under *key*, from *ask* if nobody has asked yet."""
        with self._lock:
            answer, at = self._answers.get(key, (None, 0.0))
            if answer is None or self._forgotten(answer, at):
                answer = Future()
                self._answers[key] = (answer, self._seconds())
                mine = True
            else:
                mine = False
        if mine:
            self._fill(key, answer, ask)
        result: T = answer.result()
        return result

    def _fill(self, key: Hashable, answer: Future[Any], ask: Callable[[], T]) -> None:
        try:
            with readable(f"what was answered about {key}"):
                result = ask()
        except BaseException as error:
            with self._lock:
                self._answers[key] = (answer, self._seconds())
            answer.set_exception(error)
            raise
        answer.set_result(result)

    def _forgotten(self, answer: Future[Any], at: float) -> bool:
        if not answer.done() or answer.exception() is None:
            return False
        return self._seconds() - at > FORGET_FAILURE
