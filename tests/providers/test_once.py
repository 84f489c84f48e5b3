from __future__ import annotations

import threading
import time

import pytest

from sopctl.core.errors import UnreachableError
from sopctl.providers.once import FORGET_FAILURE, Once


def test_many_askers_at_once_share_one_answer() -> None:
    once, asked, answers = Once(), [], []
    ready = threading.Barrier(8)

    def ask() -> str:
        asked.append(1)
        time.sleep(0.05)
        return "answer"

    def worker() -> None:
        ready.wait()
        answers.append(once.get("key", ask))

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert asked == [1]
    assert answers == ["answer"] * 8


def test_different_keys_have_different_answers() -> None:
    once = Once()
    assert (once.get("a", lambda: 1), once.get("b", lambda: 2), once.get("a", lambda: 3)) == (
        1,
        2,
        1,
    )


def test_a_failure_is_remembered_for_a_while_and_then_asked_again() -> None:
    now, asked = [100.0], []
    once = Once(lambda: now[0])

    def ask() -> str:
        asked.append(1)
        if len(asked) == 1:
            raise UnreachableError("nobody answers")
        return "answer"

    for _ in range(3):
        with pytest.raises(UnreachableError):
            once.get("key", ask)
    assert asked == [1]
    now[0] += FORGET_FAILURE + 1
    assert once.get("key", ask) == "answer"


def test_a_question_may_ask_another_one() -> None:
    once = Once()
    assert once.get("outer", lambda: once.get("inner", lambda: 1) + 1) == 2
