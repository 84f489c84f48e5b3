"""How many vCPUs the account may run in this region, by kind of purchase.

Source: EC2 user guide, "On-Demand Instance quotas" and "Spot Instance limits" (standard types are
those of the families A, C, D, H, I, M, R, T and Z).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sopctl.providers.aws import Aws

STANDARD: Final = frozenset("acdhimrtz")
_CODES: Final[Mapping[str, str]] = {"on-demand": "L-1216C47A", "spot": "L-34B43A08"}


def read(aws: Aws) -> Mapping[str, int]:
    """How many vCPUs of standard types may run at a time: ``on-demand`` and ``spot``."""
    return {kind: _ask(aws, code) for kind, code in _CODES.items()}


def _ask(aws: Aws, code: str) -> int:
    answer = aws.read("service-quotas", "get_service_quota", ServiceCode="ec2", QuotaCode=code)
    return int(answer["Quota"]["Value"])
