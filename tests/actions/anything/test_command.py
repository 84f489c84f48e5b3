from __future__ import annotations

import pytest

from sopctl.actions.anything.command import ACTION, Params
from sopctl.actions.anything.done import Done
from sopctl.core.action import Change, ReceiptKind, Undo
from sopctl.core.errors import RefusedError
from sopctl.providers.answers import AnsweredError
from tests import laws


def switch(folder, **more):
    """A file that is there or not."""
    file = str(folder / "switch")
    given = {
        "name": "the switch",
        "run": ("touch", file),
        "undo": ("rm", file),
        "check": ("test", "-e", file),
        **more,
    }
    return Params(**given)


def change(local, params, done=True):
    (resource,) = ACTION.select(local.clients, params).ids
    seen = ACTION.observe(local.clients, params, [resource])[resource]
    return Change(resource, seen, Done(done=done))


def receipt(local, *changes):
    (found,) = laws.run(ACTION, local.clients, changes).values()
    return found


def test_a_command_with_its_undo_keeps_the_laws(local, tmp_path):
    laws.prove(ACTION, local, switch(tmp_path))
    assert not (tmp_path / "switch").exists()


def test_words_reach_the_program_as_they_are(local, tmp_path):
    file = f"{tmp_path}/a; touch {tmp_path}/b"
    params = switch(tmp_path, run=("touch", "--", f"{tmp_path}/$(x)"), check=("test", "-e", file))
    receipt(local, change(local, params))
    assert [each.name for each in tmp_path.iterdir() if "x" in each.name] == ["$(x)"]


@pytest.mark.parametrize(
    ("run", "kind", "why"),
    [
        (("sh", "-c", "echo no room; exit 3"), ReceiptKind.REJECTED, "exited with 3: no room"),
        (("no-such-program",), ReceiptKind.REJECTED, "No such file"),
        (("sleep", "9"), ReceiptKind.REJECTED, "took over 0.5 s"),
        (("sh", "-c", "touch $0; exit 3", "SWITCH"), ReceiptKind.DONE, "it worked"),
    ],
)
def test_what_failed_counts_by_what_the_check_says(local, tmp_path, run, kind, why):
    words = tuple(str(tmp_path / "switch") if word == "SWITCH" else word for word in run)
    got = receipt(local, change(local, switch(tmp_path, run=words, seconds=0.5)))
    assert got.kind is kind
    assert why in got.why


def test_a_check_that_says_neither_leaves_it_unknown(local, tmp_path):
    check = ("sh", "-c", f"test -e {tmp_path}/broken && exit 4; exit 1")
    params = switch(tmp_path, run=("sh", "-c", f"touch {tmp_path}/broken; exit 1"), check=check)
    assert receipt(local, change(local, params)).kind is ReceiptKind.UNKNOWN
    with pytest.raises(AnsweredError, match="the check of the switch exited with 4"):
        change(local, params)


def test_one_way_is_shown_and_asked():
    one_way = Params(name="n", run=("a",), check=("b",), irreversible="the disk is wiped")
    assert ACTION.way_back(one_way) is Undo.NONE
    assert ACTION.consent(one_way) == "the disk is wiped"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"undo": ()}, "either undo or irreversible"),
        ({"irreversible": "x"}, "either undo or irreversible"),
        ({"run": ()}, "no program to run"),
        ({"check": ("",)}, "no program to run"),
        ({"run": ("./fail.sh",)}, "depends on the folder"),
        ({"run": ("a", "b\0")}, "null byte"),
        ({"seconds": 0.0}, "may take 0 s"),
        ({"seconds": 301.0}, "may take 301 s"),
    ],
)
def test_what_cannot_be_run_safely_is_refused(tmp_path, given, says):
    with pytest.raises(RefusedError, match=says):
        switch(tmp_path, **given)
