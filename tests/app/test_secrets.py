from __future__ import annotations

import dataclasses

import pytest

from sopctl.app.composition import App
from sopctl.app.settings import from_environment

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def app(tmp_path):
    environ = {"AWS_SECRET_ACCESS_KEY": KEY, "DB_PASSWORD": "sandbox", "HOME": str(tmp_path)}
    settings = dataclasses.replace(
        from_environment(environ), state=tmp_path / "state", config=tmp_path / "config"
    )
    app = App(settings)
    yield app
    app.close()


def test_what_the_environment_calls_a_secret_never_enters_the_journal(app):
    assert KEY not in app.scrubber.text(f"denied for {KEY}")


def test_a_short_secret_is_a_word_and_words_stay(app):
    assert app.scrubber.text("target sandbox") == "target sandbox"


def test_credentials_that_are_found_later_are_hidden_too(app):
    app._hide("another-secret-of-some-length", "short")

    assert "another-secret" not in app.scrubber.text("x another-secret-of-some-length y")
    assert app.scrubber.text("short") == "short"
