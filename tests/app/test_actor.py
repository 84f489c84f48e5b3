"""Who runs this: read from the machine, never guessed."""

from __future__ import annotations

import os

from sopctl.app import actor
from sopctl.core.target import Identity


def repository(folder, head, refs=None, packed=""):
    git = folder / ".git"
    for name, commit in (refs or {}).items():
        (git / name).parent.mkdir(parents=True, exist_ok=True)
        (git / name).write_text(commit + "\n")
    git.mkdir(exist_ok=True)
    (git / "HEAD").write_text(head + "\n")
    if packed:
        (git / "packed-refs").write_text(packed)
    return str(folder / "runbooks" / "x.yaml")


def test_the_commit_is_that_of_the_branch(tmp_path):
    path = repository(tmp_path, "ref: refs/heads/main", {"refs/heads/main": "abc123"})

    assert actor.commit(path) == "abc123"


def test_a_packed_branch_is_found(tmp_path):
    packed = "# pack-refs\nfff000 refs/heads/other\nabc123 refs/heads/main\n"

    assert actor.commit(repository(tmp_path, "ref: refs/heads/main", packed=packed)) == "abc123"


def test_a_detached_head_is_its_own_commit(tmp_path):
    assert actor.commit(repository(tmp_path, "abc123")) == "abc123"


def test_no_path_and_no_repository_have_no_commit():
    assert actor.commit("") == ""
    assert actor.commit("/nowhere/at/all.yaml") == ""


def test_the_worker_says_who_where_and_which_process():
    assert actor.worker().endswith(f"/{os.getpid()}")
    assert "@" in actor.worker()


def test_ci_is_named():
    facts = actor.facts(Identity(caller="arn", user="me"), {"GITHUB_ACTIONS": "1"}, tty=False)

    assert facts["ci"] == "GITHUB_ACTIONS"
    assert facts["caller"] == "arn"
    assert facts["kubernetes_user"] == "me"
