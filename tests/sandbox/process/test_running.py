from __future__ import annotations

import configparser
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sopctl.core.errors import UsageError
from sopctl.sandbox.aws import front
from sopctl.sandbox.process import running
from sopctl.sandbox.process.running import Files, Running, aws_config, aws_credentials, kubeconfig


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = Files(tmp_path / "state")
    made.make()
    return made


def record(files: Files) -> Running:
    return Running(
        pid=7,
        control_url="http://127.0.0.1:1",
        aws_url="http://127.0.0.1:2",
        kube_url="https://127.0.0.1:3",
        kubeconfig=files.kubeconfig,
        aws_config=files.aws_config,
        token="t",
        clock_url="http://127.0.0.1:1/clock",
        started=datetime(2026, 11, 21, 3, 0, tzinfo=UTC),
        token_file=files.token,
        log=files.log,
    )


def test_what_was_published_is_read_back(files: Files) -> None:
    files.publish(record(files), "0.1.0")
    assert files.read() == record(files)
    assert files.token.read_text() == "t"


def test_everything_written_is_private_even_over_a_public_file(files: Files) -> None:
    files.root.chmod(0o755)
    files.record.touch(mode=0o644)
    files.make()
    files.publish(record(files), "0.1.0")
    assert files.root.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in files.root.iterdir()} == {0o600}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x"}'])
def test_a_broken_record_is_no_record(files: Files, text: str) -> None:
    files.record.write_text(text)
    assert files.read() is None


def test_a_missing_record_is_no_record(files: Files) -> None:
    assert files.read() is None
    files.publish(record(files), "0.1.0")
    files.retract()
    assert files.read() is None
    assert not files.token.exists()


def test_the_aws_files_have_the_key_for_both_profiles() -> None:
    for text, names in (
        (aws_config("http://x"), ["default", "profile sandbox"]),
        (aws_credentials(), ["default", "sandbox"]),
    ):
        parsed = configparser.ConfigParser()
        parsed.read_string(text)
        assert parsed.sections() == names
        assert {parsed[name]["aws_access_key_id"] for name in names} == {front.ACCESS_KEY}
    assert running.ACCESS_KEY == front.ACCESS_KEY


def test_the_kubeconfig_pins_the_authority_and_has_one_context() -> None:
    config = json.loads(kubeconfig("https://x", "Y2E=", "secret"))
    assert config["clusters"][0]["cluster"]["certificate-authority-data"] == "Y2E="
    assert config["current-context"] == config["contexts"][0]["name"] == "sandbox"


def test_a_relative_state_dir_is_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Files(Path("here")).root == tmp_path / "here" / "sandbox"
    assert record(Files(Path("here"))).kubeconfig.is_absolute()


def test_a_directory_that_cannot_be_is_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot live in"):
        Files(tmp_path / "file" / "state").make()
