from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.notation import duration


@given(st.integers(0, 10**6))
def test_what_is_shown_is_read_back(seconds):
    assert duration.seconds(duration.show(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (90, "90s"), (600, "10m"), (43200, "12h"), (259200, "3d")]
)
def test_a_duration_is_shown_in_its_largest_whole_unit(seconds, text):
    assert duration.show(seconds) == text


@pytest.mark.parametrize("text", ["", "10", "1.5h", "01m", "10 m", "10M", "1w", "m", "10m\n"])
def test_anything_else_is_no_duration(text):
    with pytest.raises(ValueError, match="is not a duration"):
        duration.seconds(text)
