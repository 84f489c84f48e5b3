"""Which services are ours: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.sandbox.aws.desk import Handler
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.services.eks import EksService
from sopctl.sandbox.aws.services.zonal_shift import ZonalShifts

# What these services have beside the operations listed, moto must not answer: it keeps another
# state of them, or none.
OURS_ALONE = frozenset({"arc-zonal-shift", "eks"})


def all_services(region: Region) -> Mapping[str, Mapping[str, Handler]]:
    """Signing name -> operation -> what answers it."""
    return {
        "arc-zonal-shift": ZonalShifts(region).operations,
        "eks": EksService(region).operations,
    }
