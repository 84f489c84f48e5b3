"""A runbook names people; what is no name is refused, and not repeated."""

from __future__ import annotations

import pytest

from sopctl.core.errors import RefusedError
from sopctl.core.notice import Notice, Told


@pytest.mark.parametrize("address", ["slack://a/b/secret", "env:ONCALL", "", "two words"])
def test_an_address_is_no_name_and_does_not_stand_in_the_error(address):
    with pytest.raises(RefusedError) as caught:
        Notice(to=("team", address))
    assert "secret" not in caught.value.summary.replace("may be a secret", "")
    assert "policy.yaml" in caught.value.hint


def test_how_it_went_is_one_sentence():
    assert str(Told("team", ok=True)) == "team told"
    assert (
        str(Told("team", ok=False, why="refused, with 503")) == "team not told: refused, with 503"
    )
    assert str(Told("team", ok=None)) == "team not known whether told"
