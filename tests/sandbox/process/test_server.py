from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest

from sopctl.sandbox.process import server
from sopctl.sandbox.process.running import Files


class Quiet:
    """Stands for the household and the control API: both only count here."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.served = 0
        self.calls = 0
        self.looks = 0

    def traffic(self) -> int:
        self.looks += 1
        self.calls += self.looks < 5
        return self.calls


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr(server, "LOOK_EVERY", 0.001)
    made = Files(tmp_path)
    made.make()
    made.record.touch()
    return made


def test_it_waits_while_there_is_traffic_and_ends_when_idle(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.0)
    quiet = Quiet()
    server._wait(files, quiet, quiet)
    assert quiet.looks >= 5
    assert not quiet.stopping.is_set()


def test_it_ends_when_its_directory_is_gone(files: Files) -> None:
    files.record.unlink()
    quiet = Quiet()
    server._wait(files, quiet, quiet)
    assert quiet.looks == 0


def test_a_second_process_for_the_same_directory_is_refused(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ATTEMPT_EVERY", 0.0)
    with files.alive.open("a") as first, files.alive.open("a") as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        with pytest.raises(server.AlreadyServedError):
            server._hold(second)
        fcntl.flock(first, fcntl.LOCK_UN)
        server._hold(second)
