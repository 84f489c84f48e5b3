from __future__ import annotations

from decimal import Decimal

import pytest

from sopctl.facts.objects.quantity import parse


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", "2"),
        (3, "3"),
        ("500m", "0.5"),
        ("1.5", "1.5"),
        ("2Gi", str(2 * 2**30)),
        ("64Mi", str(64 * 2**20)),
        ("3M", "3000000"),
        ("1e3", "1000"),
        ("100n", "1e-7"),
    ],
)
def test_quantities_are_exact_numbers(text, number):
    assert parse(text) == Decimal(number)
