from __future__ import annotations

from sopctl.actions.k8s.node_delete import Params

ZONE = Params(zone="us-east-1a")
