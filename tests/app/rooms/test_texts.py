"""The texts have no gaps left, and are Python."""

from __future__ import annotations

import ast
import tomllib

import pytest

from sopctl.app.rooms import naming, texts
from sopctl.app.rooms.naming import Kind, Provider


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("provider", list(Provider))
@pytest.mark.parametrize("module", ["acme.acme_web_hold", "sopctl.x.web_hold"])
def test_they_are_whole(kind, provider, module):
    room = naming.room(kind, "acme.web.hold", provider)
    for text in (texts.room_text(room), texts.test_text(room, module)):
        ast.parse(text)
        assert "@" not in text.replace("@dataclass", "").replace("@pytest", "")
        assert "acme.web.hold" in text


def test_a_new_project_is_toml():
    found = tomllib.loads(texts.project_text("acme-sops", "acme_sops"))
    assert found["project"]["name"] == "acme-sops"
    assert found["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/acme_sops"]
