"""`sopctl sandbox top` ends with whoever looks at it."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from sopctl.cli.sandboxes import top
from sopctl.core.measures import Sample
from sopctl.views.screen import Screen
from sopctl.views.top import Look


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


@pytest.fixture
def looks(monkeypatch):
    made = []

    def look(_):
        made.append(1)
        assert len(made) < 5, "it goes on for nobody"
        return Look(now="now", rate=1.0, sample=SAMPLE, happened=())

    monkeypatch.setattr(top.lifecycle, "required", lambda _: None)
    monkeypatch.setattr(top, "_look", look)
    return made


NONE = {}
SAMPLE = Sample(
    at=0.0, nodes=NONE, ready=NONE, pending=NONE, unready=0, replicas=0, launched=NONE, failed=NONE,
    terminated=NONE, gone=0,
)  # fmt: skip


def go(stream):
    settings = SimpleNamespace(state=None)
    context = SimpleNamespace(out=Screen(stream, {}), app=SimpleNamespace(settings=settings))
    top.top.main(args=["--every", "0.2"], obj=context, standalone_mode=False)


def test_a_closed_pipe_ends_it(looks):
    go(Gone())
    assert len(looks) == 1


def test_an_interrupt_ends_it_and_is_no_error(looks, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(top.SystemClock, "sleep", interrupted)
    stream = io.StringIO()
    go(stream)
    assert len(stream.getvalue().splitlines()) == 1
