"""Kubernetes quantities such as ``500m`` and ``2Gi`` as numbers."""

from __future__ import annotations

from decimal import Decimal

_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50,
    "Ei": Decimal(2) ** 60,
}


def parse(text: str | float) -> Decimal:
    """The number a quantity stands for (apimachinery ``pkg/api/resource``)."""
    plain = str(text)
    for width in (2, 1):
        factor = _SUFFIXES.get(plain[-width:])
        if factor is not None:
            return Decimal(plain[:-width]) * factor
    return Decimal(plain)
