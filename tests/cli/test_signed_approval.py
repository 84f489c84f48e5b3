"""Approval by a signed file: what holds, and every forgery, with the real ssh-keygen."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from sopctl.app import actor, approvals
from sopctl.journal.sqlite import SqliteStore
from tests.cli.test_gates import APPROVED

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen (openssh-client) is not installed"
)
NAMESPACE = "sopctl-approval"


class Desk:
    """A run that waits, and colleagues with keys."""

    def __init__(self, shop, folder):
        self.shop, self.folder = shop, folder
        self.file = folder / "ask.json"
        self.known = shop.settings.approvers
        self.known.parent.mkdir(parents=True, exist_ok=True)
        shop.write("approved", APPROVED.replace("BY", "other"))
        shop("run", "approved", "--target", "toy", "--yes")
        self.run = self.runs()[-1]

    def runs(self):
        listed = self.shop("audit", "list", "-o", "json").out
        return sorted(set(re.findall(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", listed)))

    def key(self, name, principal=""):
        path = self.folder / name
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)]
        subprocess.run(make, check=True)
        if principal:
            public = path.with_suffix(".pub").read_text()
            with self.known.open("a") as known:
                known.write(f"{principal} {public}")
        return path

    def ask(self, *args):
        return self.shop("approve", self.run, "--request", str(self.file), *args)

    def sign(self, key, namespace=NAMESPACE):
        self.file.with_name("ask.json.sig").unlink(missing_ok=True)
        made = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace, str(self.file)]
        subprocess.run(made, check=True, capture_output=True)

    def change(self, **fields):
        self.file.write_text(
            json.dumps({**json.loads(self.file.read_text()), **fields}, indent=2) + "\n"
        )

    def use(self, *args):
        return self.shop("approve", self.run, "--signed", str(self.file), "--reason", "go", *args)


@pytest.fixture
def desk(shop, tmp_path):
    return Desk(shop, tmp_path)


def refused(desk, text, code=4):
    result = desk.use()
    assert (result.code, text in result.err) == (code, True), result.err
    assert desk.shop.world.mutations == 0


def test_a_colleague_signs_and_the_run_goes_on(desk):
    bob = desk.key("bob", "bob@example.com")
    asked = desk.ask()
    text = json.loads(desk.file.read_text())
    desk.sign(bob)

    result = desk.use()

    assert f"-n {NAMESPACE}" in asked.err
    assert text["changes"] == len(text["resources"]) > 0
    assert result.code == 0, result.err
    assert desk.shop.world.mutations > 0
    shown = desk.shop("audit", "show").out
    assert "answered yes by bob@example.com: go" in shown
    assert "SHA256:" in shown
    assert desk.shop("audit", "verify").code == 0


def test_a_no_declines(desk):
    bob = desk.key("bob", "bob")
    desk.ask("--answer", "no")
    desk.sign(bob)

    desk.use()

    assert desk.shop.world.mutations == 0
    assert "answered no by bob" in desk.shop("audit", "show").out


@pytest.mark.parametrize("principal", ["{me}", "{me}@example.com"])
def test_nobody_approves_for_himself_not_with_a_second_key_either(desk, principal):
    mine = principal.format(me=actor.user())
    desk.key("first", mine)
    second = desk.key("second", mine)
    desk.ask()
    desk.sign(second)

    refused(desk, "nobody approves for himself")


def test_one_key_of_two_people_is_nobodys(desk):
    shared = desk.key("shared", f"{actor.user()},bob")
    desk.ask()
    desk.sign(shared)

    refused(desk, "")


def test_an_approval_of_another_run_is_refused(desk):
    bob = desk.key("bob", "bob")
    desk.ask()
    desk.sign(bob)
    desk.shop("run", "approved", "--target", "toy", "--yes", "--again")
    others = [run for run in desk.runs() if run != desk.run]
    desk.run = others[-1] if others else pytest.fail("there is no second run")

    refused(desk, "another run")


@pytest.mark.parametrize(
    "changed",
    [
        {"parameters": {"zone": "b"}},
        {"target": {"account": "999999999999"}},
        {"plan_hash": "0" * 64},
        {"not_after": "2999-01-01T00:00:00.000000Z"},
        {"nonce": "0" * 32},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_text_that_the_run_never_asked_for_is_refused(desk, changed):
    bob = desk.key("bob", "bob")
    desk.ask()
    desk.change(**changed)
    desk.sign(bob)

    refused(desk, "never asked for this text")


def test_an_altered_file_is_refused(desk):
    bob = desk.key("bob", "bob")
    desk.ask("--answer", "no")
    desk.sign(bob)
    desk.change(answer="yes")

    refused(desk, "not what was signed")


def test_an_unknown_key_is_refused(desk):
    desk.key("bob", "bob")
    desk.ask()
    desk.sign(desk.key("eve"))

    refused(desk, "a key that no approver has")


def test_another_namespace_is_refused(desk):
    bob = desk.key("bob", "bob")
    desk.ask()
    desk.sign(bob, namespace="git")

    refused(desk, "another purpose")


def test_it_is_used_once(desk):
    bob = desk.key("bob", "bob")
    desk.ask("--answer", "no")
    desk.sign(bob)
    desk.use()

    refused(desk, "used already")


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(41, "has expired"), (-11, "Set this machine's clock"), (35, ""), (-5, "")],
)
def test_the_clock_may_be_ten_minutes_off_and_no_more(desk, monkeypatch, minutes, text):
    bob = desk.key("bob", "bob")
    desk.ask()
    desk.sign(bob)
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    monkeypatch.setattr("sopctl.cli.signing.SystemClock.now", lambda self: now)

    if text:
        refused(desk, text)
    else:
        result = desk.use()
        assert result.code == 0, result.err
        assert "clock:" in result.err


def test_what_is_missing_is_said(desk, monkeypatch):
    bob = desk.key("bob")
    desk.ask()
    refused(desk, "cannot be read", code=2)
    desk.sign(bob)
    refused(desk, "no approvers can be read", code=2)
    monkeypatch.setattr("sopctl.app.sshsig.shutil.which", lambda name: None)
    desk.known.write_text("bob ssh-ed25519 AAAA\n")
    refused(desk, "ssh-keygen is not installed", code=2)


def test_an_existing_file_is_kept(desk):
    desk.file.write_text("mine")

    assert desk.ask().code == 2
    assert desk.file.read_text() == "mine"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda signed: {**signed, "text": signed["text"].replace('"yes"', '"no" ')}, "not hold"),
        (lambda signed: {**signed, "fingerprint": "SHA256:other"}, "signed by another key"),
        (lambda signed: {**signed, "signature": "nonsense"}, "not hold"),
    ],
    ids=["text", "fingerprint", "signature"],
)
def test_a_signature_in_the_journal_is_checked_again(desk, spoil, says):
    desk.key("bob", "bob")
    desk.ask()
    desk.sign(desk.folder / "bob")
    desk.use()
    with SqliteStore(desk.shop.settings.state / "journal.db", read_only=True) as store:
        found = store.read(desk.run)
    assert approvals.recheck(desk.run, found) == ()

    spoilt = [
        dataclasses.replace(record, data={**record.data, "signed": spoil(record.data["signed"])})
        for record in found
        if "signed" in record.data
    ]

    (broken,) = approvals.recheck(desk.run, spoilt)
    assert says in broken.what


def test_an_approval_for_another_answer_does_not_hold_in_the_journal(desk):
    desk.key("bob", "bob")
    desk.ask()
    desk.sign(desk.folder / "bob")
    desk.use()
    with SqliteStore(desk.shop.settings.state / "journal.db", read_only=True) as store:
        found = store.read(desk.run)

    turned = [
        dataclasses.replace(record, data={**record.data, "answer": "no"})
        for record in found
        if "signed" in record.data
    ]

    (broken,) = approvals.recheck(desk.run, turned)
    assert broken.what == "its approval was signed for something else"
