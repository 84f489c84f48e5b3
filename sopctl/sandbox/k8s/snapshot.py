"""The state of the Kubernetes half, to be kept and put back, as a restored etcd would serve it.

Objects keep their uids and resourceVersions. The revision grows beyond everything that was ever
served, and what was before is compacted: watches of earlier versions are told 410 and list again.
Source: etcd "Disaster recovery", ``etcdutl snapshot restore --bump-revision --mark-compacted``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer
from sopctl.sandbox.k8s.store import Store

# Only carried from one moment to another, never looked into.
State: TypeAlias = dict[str, Any]
Reduced: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], State]
MADE_AGAIN = frozenset({"lock", "changed", "_encoded", "_history"})


def state(server: KubeServer) -> State:
    """Everything that requests and the world may have changed; under the cluster's lock."""
    return {
        "cluster": server.cluster,
        "calls": list(server.calls),
        "faults": list(server.faults),
    }


def adopt(server: KubeServer, kept: State) -> Cluster:
    """Serve the kept cluster at the same address from now on; every open watch ends."""
    cluster: Cluster = kept["cluster"]
    cluster.store.compact(beyond=server.cluster.revision)
    server.exchange(cluster)
    # In place: whoever strikes or reads holds these very lists.
    server.calls[:] = kept["calls"]
    server.faults[:] = kept["faults"]
    return cluster


def reduced(store: Store) -> Reduced:
    """How a store is pickled: without its history and its encodings."""
    kept = {name: value for name, value in vars(store).items() if name not in MADE_AGAIN}
    return _empty, (store.lock,), kept


def _empty(lock: threading.RLock) -> Store:
    return Store(lock)
