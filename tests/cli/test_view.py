"""`sopctl view` on a local world over HTTP."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace

import pytest

from sopctl.app.composition import App, Parts
from sopctl.app.settings import Settings
from sopctl.cli.context import Context
from sopctl.cli.main import execute
from sopctl.sandbox.aws.faults import FaultRule
from sopctl.sandbox.k8s.faults import FaultRule as KubeFault
from tests.cli.shop import Nobody
from tests.local import local_world


@pytest.fixture
def local(tmp_path):
    with local_world(tmp_path) as local:
        local.fleet()
        local.autoscaler()
        labels = {"topology.kubernetes.io/zone": "us-east-1a", "lifecycle": "Ec2Spot"}
        for name in ("n1", "n2"):
            metadata = {"name": name, "labels": labels}
            local.cluster.create(
                "nodes", {"apiVersion": "v1", "kind": "Node", "metadata": metadata}
            )
        yield local


@pytest.fixture
def sopctl(local, tmp_path):
    """The command line; *stream* is where it prints, *target* what is different about it."""
    settings = Settings(config=tmp_path / "config", state=tmp_path / "state")

    def run(*words, stream=None, environ=None, **pins):
        targets = {"local": replace(local.target, **pins)}
        out, err = stream or io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            context = Context(App(settings, Parts(targets=targets)), Nobody(), environ or {})
            code = execute(["view", "--target", "local", *words], context)
            context.close()
        return code, out.getvalue(), err.getvalue()

    return run


def test_the_cluster_is_shown_and_nothing_is_changed(local, sopctl):
    before = local.dump()

    code, out, err = sopctl()

    assert (code, err) == (0, "")
    assert "us-east-1a (use1-az6)" in out
    assert "2 nodes, 2 not ready" in out
    assert "+ web-a on-demand 0, 2 coming" in out
    assert local.mutations() == 0
    assert local.dump() == before


def test_json_is_one_object(sopctl):
    code, out, _ = sopctl("-o", "json")
    (found,) = [json.loads(row) for row in out.splitlines()]
    assert code == 0
    assert found["schema"] == "sopctl.view/1"
    assert [each["name"] for each in found["nodes"]] == ["n1", "n2"]
    assert found["zones"][0]["not_ready"] == 2


def test_what_does_not_answer_is_said_and_the_rest_is_shown(local, sopctl):
    local.front.faults.append(FaultRule(kind="dead"))
    code, out, _ = sopctl()
    assert code == 0
    assert "2 nodes, 2 not ready" in out
    assert "zones, zonal shifts missing: " in out


def test_nobody_answers_is_an_error_that_says_what_to_do(local, sopctl):
    local.front.faults.append(FaultRule(kind="dead"))
    local.kube.faults.append(KubeFault(value=503, count=None))
    code, out, err = sopctl()
    assert (code, out) == (75, "")
    assert "target local does not answer" in err


def test_another_account_is_refused(sopctl):
    code, out, err = sopctl(account="999999999999")
    assert (code, out) == (4, "")
    assert "target local is AWS account 999999999999" in err


@pytest.mark.parametrize(("every", "said"), [("often", "is not a duration"), ("0s", "no peace")])
def test_a_pause_that_is_none_is_refused(sopctl, every, said):
    code, _, err = sopctl("--live", "--every", every)
    assert code == 2
    assert said in err


class Interrupted(io.StringIO):
    """A stream whose reader presses Ctrl-C at the third line."""

    def write(self, text):
        written = super().write(text)
        if self.getvalue().count("\n") >= 3:
            raise KeyboardInterrupt
        return written


def test_live_is_a_line_a_look_for_a_pipe_and_ends_with_ctrl_c(local, sopctl):
    stream = Interrupted()
    code, out, err = sopctl("--live", "--every", "1s", stream=stream)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) == 3
    assert all("nodes=2 notready=2" in row for row in out.splitlines())
    assert local.mutations() == 0


def test_live_as_json_is_one_object_a_look(sopctl):
    stream = Interrupted()
    code, out, _ = sopctl("--live", "--every", "1s", "-o", "json", stream=stream)
    assert code == 0
    assert [json.loads(row)["schema"] for row in out.splitlines()] == ["sopctl.view/1"] * 3


def test_a_page_is_written_and_replaced(local, sopctl, tmp_path):
    path = tmp_path / "cluster.html"
    path.write_text("old")
    code, out, err = sopctl("--html", str(path))
    assert (code, out, err) == (0, "", "")
    text = path.read_text()
    assert text.startswith("<!doctype html>")
    assert text.endswith("</html>\n")
    assert "us-east-1a (use1-az6)" in text
    assert local.mutations() == 0


def test_a_page_that_cannot_be_written_is_said(sopctl, tmp_path):
    code, _, err = sopctl("--html", str(tmp_path / "nowhere" / "cluster.html"))
    assert code == 2
    assert "cluster.html cannot be written" in err


def test_live_writes_the_page_again_and_says_so(sopctl, tmp_path, monkeypatch):
    path, looks = tmp_path / "cluster.html", []

    def sleep(self, seconds):
        looks.append(path.read_text())
        path.unlink()
        if len(looks) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("sopctl.core.clock.SystemClock.sleep", sleep)
    code, _, err = sopctl("--live", "--html", str(path))
    assert code == 0
    assert "is written every 5 s" in err
    assert ['content="5"' in each for each in looks] == [True, True]


def test_a_terminal_that_has_the_whole_screen_gets_it_back(sopctl):
    stream = Terminal()
    code, out, err = sopctl("--live", "--every", "1s", stream=stream, environ={"TERM": "xterm"})
    assert (code, err) == (0, "")
    into, leave = out.index("\x1b[?1049h"), out.index("\x1b[?1049l")
    assert into < leave
    assert "us-east-1a (use1-az6)" in out[leave:]


class Terminal(io.StringIO):
    """A terminal at which somebody presses Ctrl-C once the second look is there."""

    def isatty(self):
        return True

    def write(self, text):
        written = super().write(text)
        whole = self.getvalue()
        if whole.count("\x1b[H") == 3 and "1049l" not in whole:
            raise KeyboardInterrupt
        return written
