"""The sandbox by its commands: one process from start to stop."""

from __future__ import annotations

import pytest

from tests.cli.test_target import Machine


class Here:
    """A machine with nothing but directories."""

    def __init__(self, folder):
        from sopctl.app.settings import Settings  # noqa: PLC0415  # beside its use

        self.settings = Settings(config=folder / "config", state=folder / "state")

    __call__ = Machine.__call__


@pytest.mark.sandbox
def test_a_sandbox_from_start_to_stop(tmp_path):
    here = Here(tmp_path)
    assert here("sandbox", "status").code == 75
    assert here("sandbox", "fail-zone", "us-east-1a").code == 75
    try:
        started = here("sandbox", "start", "--rate", "60")
        assert started.code == 0, started.err
        assert "The sandbox runs" in started.out

        exports = here("sandbox", "env").out.splitlines()
        assert all(row.startswith("export ") for row in exports)
        assert any("AWS_ENDPOINT_URL=http://127.0.0.1:" in row for row in exports)

        assert here("target", "check", "sandbox").code == 0
        assert here("sandbox", "fail-zone", "us-east-1a").out == "us-east-1a has failed\n"
        assert here("sandbox", "heal-zone", "us-east-1a").code == 0
        assert here("sandbox", "fail-zone", "us-east-9z").code == 4
        file = str(tmp_path / "world")
        assert "The world is in" in here("sandbox", "snapshot", file).out
        assert here("sandbox", "fail-zone", "us-east-1a").code == 0
        assert "The sandbox is as it was at" in here("sandbox", "restore", file).out
        (tmp_path / "world").write_bytes(b"\x80\x05N.")
        refused = here("sandbox", "restore", file)
        assert (refused.code, "not a snapshot" in refused.err) == (4, True)
        assert here("sandbox", "reset").code == 0
        assert "nothing is in place" in here("status").out
    finally:
        stopped = here("sandbox", "stop")
    assert stopped.out == "the sandbox has stopped\n"
    assert here("sandbox", "stop").out == "the sandbox does not run\n"
