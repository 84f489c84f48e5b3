from __future__ import annotations

from sopctl.actions.k8s.karpenter_zones import Params

AWAY = Params(zone="us-east-1a")
