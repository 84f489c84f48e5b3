from __future__ import annotations

import pytest

from tests.cli.shop import Shop


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)
