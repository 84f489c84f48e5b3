"""Which services are ours: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.sandbox.aws.desk import Handler
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.services import health
from sopctl.sandbox.aws.services.cloudtrail import CloudTrail
from sopctl.sandbox.aws.services.eks import EksService
from sopctl.sandbox.aws.services.iam import Simulation
from sopctl.sandbox.aws.services.interruptions import CapacityManager
from sopctl.sandbox.aws.services.placement import Placement
from sopctl.sandbox.aws.services.quotas import Quotas
from sopctl.sandbox.aws.services.spot_requests import SpotRequests
from sopctl.sandbox.aws.services.zonal_shift import ZonalShifts

# What these services have beside the operations listed, moto must not answer: it keeps another
# state of them, or none.
OURS_ALONE = frozenset({"arc-zonal-shift", "eks", "health", "servicequotas"})


def all_services(region: Region) -> Mapping[str, Mapping[str, Handler]]:
    """Signing name -> operation -> what answers it."""
    return {
        "arc-zonal-shift": ZonalShifts(region).operations,
        "cloudtrail": CloudTrail(region).operations,
        "ec2": {
            **CapacityManager(region).operations,
            **Placement(region).operations,
            **SpotRequests(region).operations,
        },
        "eks": EksService(region).operations,
        "health": health.operations(),
        "iam": Simulation(region).operations,
        "servicequotas": Quotas(region).operations,
    }
