from __future__ import annotations

import threading

from sopctl.app.patience import speaking_up


def test_what_takes_long_is_said_once():
    said, spoke = [], threading.Event()

    def warn(text):
        said.append(text)
        spoke.set()

    with speaking_up(warn, "still waiting", after=0.01):
        assert spoke.wait(5)
    assert said == ["still waiting"]


def test_what_is_quick_is_not_talked_about_afterwards():
    said = []
    before = set(threading.enumerate())
    with speaking_up(said.append, "still waiting", after=30):
        (waiting,) = set(threading.enumerate()) - before
    waiting.join(5)  # whoever leaves takes the warning along: nothing is left to speak
    assert not waiting.is_alive()
    assert said == []
