from __future__ import annotations

import pytest

from tests.actions.general.outside import Service


@pytest.fixture
def service():
    made = Service()
    yield made
    made.close()
