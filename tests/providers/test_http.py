"""Requests: what is proved here is where they may go; the rest in tests/actions/general."""

from __future__ import annotations

import pytest

from sopctl.core.errors import RefusedError, UnreachableError
from sopctl.providers.http import Http, Request


def test_a_practice_world_reaches_nothing_real():
    http = Http(practice=True)
    with pytest.raises(RefusedError, match=r"edge\.example is real"):
        http.send(Request(method="GET", url="https://edge.example/x"))
    with pytest.raises(UnreachableError):
        http.send(Request(method="GET", url="http://127.0.0.1:1/x", timeout=1.0))
