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


def test_what_is_quick_is_not_talked_about():
    said = []
    with speaking_up(said.append, "still waiting", after=30):
        pass
    assert said == []
