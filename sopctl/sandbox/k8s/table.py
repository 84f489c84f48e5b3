"""Tables: the columns that `kubectl get` prints, computed by the server.

Source: pkg/printers/internalversion/printers.go; ages are left to the server's clock.
"""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj


def render(kind: ResourceType, objects: Sequence[Obj], meta: Obj, include: str) -> Obj:
    """A metav1.Table; `include` is None, Metadata or Object."""
    return {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta, "rows": []}
