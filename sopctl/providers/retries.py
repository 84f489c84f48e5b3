"""Reads are asked again with jitter until a deadline; writes never are.

The SDKs' own retries are off: they would send a write twice, and they do not know our clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from sopctl.core.clock import Clock
from sopctl.core.errors import TemporaryError, UnreachableError
from sopctl.providers.answers import PacedError
from sopctl.providers.limits import Limits

T = TypeVar("T")
UNREACHABLE_ATTEMPTS = 2  # connect time-outs are long; a second try may reach another address
LONGEST_PAUSE = 10.0
_jitter = wait_random_exponential(multiplier=0.25, max=5.0)


def read_again(ask: Callable[[], T], *, clock: Clock, limits: Limits) -> T:
    """What *ask* returns, asked again while it raises TemporaryError; the last error is raised.

    Waits on *clock*; the deadline counts seconds of this machine.
    """

    def stop(state: RetryCallState) -> bool:
        few = isinstance(_failure(state), UnreachableError)
        attempts = min(UNREACHABLE_ATTEMPTS, limits.attempts) if few else limits.attempts
        late = (state.seconds_since_start or 0.0) > limits.deadline
        return late or state.attempt_number >= attempts

    retrying = Retrying(
        retry=retry_if_exception_type(TemporaryError),
        stop=stop,
        wait=_pause,
        sleep=clock.sleep,
        reraise=True,
    )
    return retrying(ask)


def _pause(state: RetryCallState) -> float:
    failure = _failure(state)
    asked = min(failure.after, LONGEST_PAUSE) if isinstance(failure, PacedError) else 0.0
    return max(_jitter(state), asked)


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None
