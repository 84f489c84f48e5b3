"""Targets: what is written comes back, ids stay text, and nothing is read from where we stand."""

from __future__ import annotations

import stat

import pytest

from sopctl.app.settings import from_environment
from sopctl.app.targets import Targets, current
from sopctl.core.errors import InvalidRunbookError, UsageError
from sopctl.core.target import Target

EAST = Target(
    name="east",
    region="us-east-1",
    profile="prod",
    context="prod-east",
    account="012345678901",
    cluster_uid="cdf4ba86",
    labels={"env": "prod"},
)


@pytest.fixture
def targets(tmp_path):
    return Targets(tmp_path / "config" / "targets.yaml")


def written(targets, text):
    targets._path.parent.mkdir(exist_ok=True)
    targets._path.write_text(text)
    return targets


def test_there_are_none_at_first(targets):
    assert targets.all() == {}


def test_what_is_added_comes_back(targets):
    targets.add(EAST)
    targets.add(Target(name="west", account="111122223333"))

    assert targets.find("east") == EAST
    assert list(targets.all()) == ["east", "west"]


def test_the_file_is_ours_alone(targets):
    targets.add(EAST)

    assert stat.S_IMODE(targets._path.stat().st_mode) == 0o600


@pytest.mark.parametrize("account", ["012345678901", '"012345678901"', "111122223333"])
def test_an_account_stays_the_digits_it_was_written_with(targets, account):
    written(targets, f"targets:\n  a: {{account: {account}}}\n")

    assert targets.find("a").account == account.strip('"')


def test_an_unknown_one_is_named_with_what_was_meant(targets):
    targets.add(EAST)

    with pytest.raises(UsageError, match="there is no target eats") as caught:
        targets.find("eats")
    assert caught.value.hint == "Did you mean east?"


@pytest.mark.parametrize("name", ["sandbox", "current", "Prod", "../x", "", "a b"])
def test_some_names_are_no_names(targets, name):
    with pytest.raises(UsageError, match="cannot name a target"):
        targets.add(Target(name=name))


def test_an_unknown_field_is_a_problem(targets):
    written(targets, "targets:\n  a: {acount: x}\n")

    with pytest.raises(UsageError, match="unknown field acount"):
        targets.all()


def test_broken_yaml_is_reported_with_its_place(targets):
    written(targets, "targets:\n  a: &x {}\n  b: *x\n")

    with pytest.raises(InvalidRunbookError) as caught:
        targets.all()
    assert caught.value.problems[0].line == 2


def test_a_file_without_targets_is_refused(targets):
    written(targets, "targts: {}\n")

    with pytest.raises(UsageError, match="no mapping `targets`"):
        targets.all()


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("lock: requierd", "lock: 'requierd' is not one of required, best_effort, off"),
        ("labels: [a]", "labels: \\['a'\\] is not a mapping"),
        ("fence_wait: soon", "fence_wait"),
    ],
)
def test_a_field_that_says_nothing_is_refused_and_not_passed_over(targets, field, said):
    written(targets, f"targets:\n  prod: {{{field}}}\n")

    with pytest.raises(UsageError, match=said):
        targets.all()


@pytest.mark.parametrize("lock", ["required", "best_effort", "off", '"off"'])
def test_a_lock_that_there_is_is_kept(targets, lock):
    assert written(targets, f"targets: {{a: {{lock: {lock}}}}}\n").find("a").lock in lock


def test_what_is_current_comes_from_the_environment():
    found = current({"AWS_PROFILE": "me", "AWS_DEFAULT_REGION": "eu-west-1", "KUBECONFIG": "/k"})

    assert (found.profile, found.region, found.kubeconfig) == ("me", "eu-west-1", "/k")
    assert found.account == ""


def test_directories_come_from_the_environment_and_never_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "targets.yaml").write_text("targets: {evil: {}}")

    found = from_environment({"SOPCTL_CONFIG_DIR": "/c", "SOPCTL_STATE_DIR": "/s"})
    fallback = from_environment({})

    assert (str(found.config), str(found.state)) == ("/c", "/s")
    assert tmp_path not in (fallback.config, fallback.state)


def test_a_password_in_the_address_of_a_clock_is_refused_and_not_repeated(tmp_path):
    path = tmp_path / "targets.yaml"
    path.write_text("targets: {t: {clock: 'http://ana:hunter22@127.0.0.1:9/'}}")
    with pytest.raises(UsageError, match="no password may stand in it") as caught:
        Targets(path).all()
    assert "hunter22" not in caught.value.summary
