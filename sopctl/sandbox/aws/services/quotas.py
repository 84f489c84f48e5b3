"""Service Quotas: the vCPU quotas that launches are held to.

Source: Service Quotas API reference; EC2 user guide, "EC2 On-Demand Instance limits" and "Spot
Instance limits". Other quotas are not known here.
"""

from __future__ import annotations

from typing import Any

from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.supply import QUOTAS

STANDARD = "Standard (A, C, D, H, I, M, R, T, Z)"
NAMES = {
    "L-1216C47A": f"Running On-Demand {STANDARD} instances",
    "L-34B43A08": f"All {STANDARD} Spot Instance Requests",
}


class Quotas:
    """The API over a region's quotas."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.operations: dict[str, Handler] = {
            "GetServiceQuota": self._get,
            "ListServiceQuotas": self._list,
        }

    def _get(self, params: Params, _: Request) -> Params:
        code = params["QuotaCode"]
        if params["ServiceCode"] != "ec2" or code not in NAMES:
            raise ServiceError("NoSuchResourceException", f"There is no quota {code} here.")
        return {"Quota": self._quota(code)}

    def _list(self, params: Params, _: Request) -> Params:
        codes = NAMES if params["ServiceCode"] == "ec2" else {}
        return {"Quotas": [self._quota(code) for code in codes]}

    def _quota(self, code: str) -> dict[str, Any]:
        where = f"arn:aws:servicequotas:{self._region.region}:{self._region.account}"
        return {
            "ServiceCode": "ec2",
            "ServiceName": "Amazon Elastic Compute Cloud (Amazon EC2)",
            "QuotaArn": f"{where}:ec2/{code}",
            "QuotaCode": code,
            "QuotaName": NAMES[code],
            "Value": float(self._region.supply.quotas[QUOTAS[code]]),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
