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


def directs(here):
    """Faults, time and scenarios of a sandbox that runs."""
    assert here("sandbox", "fault", "zone", "us-east-9z").code == 4
    assert "not a duration" in here("sandbox", "fault", "spot-surge", "--for", "soon").err
    slow = here("sandbox", "fault", "brownout", "aws", "--answer", "slow", "--for", "1m")
    assert slow.out == "brownout: aws *, slow, 50 %\n"
    assert here("sandbox", "fault", "clear").code == 0
    assert "standing still" in here("sandbox", "time", "rate", "0").out
    before = here("sandbox", "time").out
    assert here("sandbox", "time").out == before
    assert here("sandbox", "time", "step", "1m").out > before
    assert "60 times as fast" in here("sandbox", "time", "rate", "60").out
    assert here("sandbox", "scenario", "load", "defautl").code == 2
    assert "world of default" in here("sandbox", "scenario", "load", "default").out
    assert here("sandbox", "start", "--scenario", "default").code == 0  # it has that world


def records(here):
    """A scenario drawn from it has its shape and none of its names."""
    drawn = here("sandbox", "record", "ours", "--target", "sandbox")
    assert drawn.code == 0, drawn.err
    text = (here.settings.scenarios / "ours.yaml").read_text()
    for name in ("web-spot", "infra-od", "checkout", "shop", "payments", "Ec2Spot", "dedicated"):
        assert name not in text
    shown = here("sandbox", "scenario", "show", "ours").out
    assert "40 in 11 groups" in shown
    assert "workloads   54 with" in shown  # its Job is not drawn
    assert "exists" in here("sandbox", "record", "ours", "--target", "sandbox").err


def keeps(here, file):
    """The world goes to a file and comes back from it, and from no other."""
    assert "The world is in" in here("sandbox", "snapshot", str(file)).out
    assert here("sandbox", "fail-zone", "us-east-1a").code == 0
    assert "The sandbox is as it was at" in here("sandbox", "restore", str(file)).out
    file.write_bytes(b"\x80\x05N.")
    refused = here("sandbox", "restore", str(file))
    assert (refused.code, "not a snapshot" in refused.err) == (4, True)


@pytest.mark.sandbox
def test_a_sandbox_from_start_to_stop(tmp_path):  # one life, from start to stop
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
        records(here)
        directs(here)
        refused = here("sandbox", "start", "--version", "1.30")
        assert (refused.code, "on Kubernetes 1.36" in refused.err) == (4, True)
        keeps(here, tmp_path / "world")
        assert here("sandbox", "reset").code == 0
        assert "nothing is in place" in here("status").out
    finally:
        stopped = here("sandbox", "stop")
    assert stopped.out == "the sandbox has stopped\n"
    assert here("sandbox", "stop").out == "the sandbox does not run\n"
