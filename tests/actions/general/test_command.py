from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from sopctl.actions.general.command import ACTION, Params
from sopctl.actions.general.made import Probe
from sopctl.core.action import Undo
from sopctl.core.errors import RefusedError
from sopctl.engine.leg import Done
from sopctl.engine.state import RunEnd
from tests import laws
from tests.actions.general.outside import Bench, Engine

PYTHON = sys.executable


def script(code, *args):
    return (PYTHON, "-I", "-c", f"import os, sys, pathlib\n{code}", *args)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path, (PYTHON,), {"PAGER": "s3cr3t-of-the-pager", "REGION": "eu"})


@pytest.fixture
def engine(bench):
    return Engine(bench)


def to(bench, code="pathlib.Path(sys.argv[1]).write_text('x')", **more):
    path = str(bench.folder / "flag")
    return {
        "argv": script(code, path),
        "undo": script("pathlib.Path(sys.argv[1]).unlink()", path),
        "check": {"name": "file.there", "params": {"path": "flag"}},
        **more,
    }


def params(bench, **more):
    given = to(bench, **more)
    return Params(**{**given, "check": Probe(**given["check"])})


def test_it_keeps_the_laws(bench):
    laws.prove(ACTION, bench, params(bench))


def test_it_is_run_and_taken_back_by_its_undo(bench, engine):
    assert engine.run("command", to(bench)) == Done(RunEnd.DONE)
    assert bench.dump() == {"flag": "x"}
    assert engine.roll_back() == Done(RunEnd.UNDONE)
    assert bench.dump() == {}


def test_nothing_is_run_or_undone_where_it_is_so_already(bench, engine):
    (bench.folder / "flag").write_text("theirs")
    assert engine.run("command", to(bench)) == Done(RunEnd.DONE)
    assert engine.state().in_place == []
    assert bench.dump() == {"flag": "theirs"}


def test_one_that_fails_is_run_once_and_a_person_decides(bench, engine):
    count = "open(sys.argv[1] + 's', 'a').write('1')"
    parked = engine.run("command", to(bench, f"{count}; print('no disk'); sys.exit(3)"))
    assert parked.why == "decision"
    assert "not tried again: " in parked.detail
    assert "ended with 3: no disk" in parked.detail
    assert bench.dump() == {"flags": "1"}


def test_one_that_fails_after_it_did_its_work_has_done_it(bench, engine):
    code = "pathlib.Path(sys.argv[1]).write_text('x'); sys.exit(1)"
    assert engine.run("command", to(bench, code)) == Done(RunEnd.DONE)
    assert engine.roll_back() == Done(RunEnd.UNDONE)
    assert bench.dump() == {}


def test_one_that_says_it_did_what_it_did_not_has_failed(bench, engine):
    parked = engine.run("command", to(bench, "pass"))
    assert "the change did not follow" in parked.detail


def test_one_that_does_not_end_is_ended_with_all_that_it_started(bench):
    child = "import subprocess; subprocess.Popen(['sleep', '60']); print('begun', flush=True)"
    slow = params(bench, code=f"{child}; import time; time.sleep(60)", timeout=1.0)
    (change,) = laws._changes(ACTION, slow, *_seen(bench, slow))
    (receipt,) = laws.run(ACTION, bench.clients, [change]).values()
    assert receipt.kind == "unknown"
    assert "did not end within 1 s: begun" in receipt.why


def _seen(bench, given):
    ids = ACTION.select(bench.clients, given).ids
    return ids, ACTION.observe(bench.clients, given, ids)


def said(bench, code, **more):
    given = params(bench, code=code, **more)
    (change,) = laws._changes(ACTION, given, *_seen(bench, given))
    (receipt,) = laws.run(ACTION, bench.clients, [change]).values()
    return receipt.why


def test_it_gets_an_environment_of_its_own(bench, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for you")
    why = said(
        bench,
        "print(sorted(set(os.environ) - {'LC_CTYPE', 'HOME', 'TMPDIR', 'TZ'}), os.getcwd())",
        env=("REGION",),
        secrets={"TOKEN": "env:PAGER"},
    )
    names = ["LANG", "PATH", "REGION", "SOPCTL_OP", "SOPCTL_RUN", "SOPCTL_STEP", "TOKEN"]
    assert why.endswith(f"{names} /")


def test_what_it_says_does_nothing_to_a_terminal_and_has_an_end(bench):
    assert said(bench, r"print('\x1b[31mred\x07\ttab')").endswith("?[31mred?\ttab")
    long = said(bench, "print('a' * 300000 + 'end')")
    assert long.endswith("aend")
    assert len(long) < 2100


def test_there_is_no_shell(bench):
    given = replace(params(bench), argv=(*script("print(sys.argv[1])"), "$(id); `id` > x"))
    (change,) = laws._changes(ACTION, given, *_seen(bench, given))
    (receipt,) = laws.run(ACTION, bench.clients, [change]).values()
    assert receipt.why.endswith("$(id); `id` > x")


@pytest.mark.parametrize("program", ["rm", "/bin/rm", "python3/../rm", ""])
def test_what_the_policy_does_not_list_is_refused_in_the_plan(bench, program):
    with pytest.raises(RefusedError, match="policy does not allow"):
        ACTION.select(bench.clients, replace(params(bench), argv=(program, "x")))
    with pytest.raises(RefusedError, match="policy does not allow"):
        ACTION.select(bench.clients, replace(params(bench), undo=(program, "x")))


def test_without_a_policy_nothing_is_allowed(tmp_path):
    with pytest.raises(RefusedError):
        ACTION.select(Bench(tmp_path).clients, params(Bench(tmp_path, (PYTHON,))))


def test_secrets_are_hidden_and_never_in_the_plan_or_the_journal(bench, engine):
    engine.run("command", to(bench, secrets={"TOKEN": "env:PAGER"}, env=["REGION"]))
    assert "s3cr3t-of-the-pager" in bench.hidden
    plan = repr(engine.state().plan)
    assert "env:PAGER" in plan
    assert "s3cr3t" not in plan + repr(list(engine.deps.store.read("run-1")))
    assert "it is given REGION, TOKEN" in plan


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"env": ("NOPE",)}, "needs NOPE"),
        ({"secrets": {"X": "hunter2"}}, "given by reference"),
        ({"secrets": {"X": "env:NOPE"}}, "no secret at env:NOPE"),
        ({"secrets": {"X": "file:/nope"}}, "cannot be read"),
    ],
)
def test_what_is_missing_is_said_in_the_plan(bench, more, message):
    with pytest.raises(RefusedError, match=message):
        ACTION.select(bench.clients, params(bench, **more))


@pytest.mark.parametrize("more", [{"argv": ()}, {"timeout": 0.0}])
def test_what_makes_no_sense_is_refused(bench, more):
    with pytest.raises(RefusedError):
        params(bench, **more)


def test_without_undo_there_is_no_way_back(bench):
    assert ACTION.undo_with({"argv": ["x"]}) is Undo.NONE
    assert ACTION.undo_with(to(bench)) is Undo.EXACT
    assert "stays done" in ACTION.consent(params(bench, undo=()))


def test_one_that_cannot_be_started_has_done_nothing(bench, tmp_path):
    broken = tmp_path / "broken"
    broken.write_text("not a program")
    bench = Bench(tmp_path, (str(broken),))
    given = replace(params(bench), argv=("broken",), undo=())
    (change,) = laws._changes(ACTION, given, *_seen(bench, given))
    (receipt,) = laws.run(ACTION, bench.clients, [change]).values()
    assert (receipt.kind, "cannot be started" in receipt.why) == ("rejected", True)
