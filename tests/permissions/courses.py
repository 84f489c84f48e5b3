"""How each bundled runbook goes, in as many ways as it takes to need all that it declares."""

from __future__ import annotations

from tests.permissions.field import (
    Course,
    by_priority,
    crowd,
    kept,
    kyverno,
    many_types,
    old_kyverno,
    prepared_kyverno,
    with_priorities,
)

ZONE = "us-east-1a"
PREPARED = {"runs": [{"runbook": "prepare"}]}
DEAD = {"failed": [{"zone": "a"}]}
EVERYTHING = {
    "parameters": {"zone": ZONE, "spanning": "leave", "evacuate": True, "free_volumes": True},
    "consent": ["relax-spread", "free-volumes", "evacuate"],
    "answers": {"go": "yes"},
}
GRAY = {
    "parameters": {
        "zone": ZONE,
        "evacuate": True,
        "cause": "gray",
        "stand_by": True,
        "respread": True,
    },
    "consent": ["relax-spread"],
    "answers": {"go": "yes"},
}
DRAIN = {"parameters": {"group": "GROUP"}, "answers": {"go": "yes"}}
FROZEN = {"runs": [{"runbook": "scale-down-freeze"}]}  # the autoscaler does not come first
RETIRE = {
    "parameters": {"group": "GROUP", "terminate": True},
    "answers": {"go": "yes", "end": "yes"},
    "consent": ["terminate"],
}
INTERRUPTION = {"parameters": {"node": "NODE"}, "consent": ["drain"]}
REBALANCE = {"parameters": {"node": "NODE", "drain": True}, "answers": {"go": "yes"}}
MANY = [{"name": "many", "zones": ["a", "b", "c"], "desired": 8, "max": 9}]
SURGE = {"zone": ZONE, "on_demand_at_least": 2, "stop_rebalancing": True, "migrate": True}

SPREAD = {
    "maxSkew": 1,
    "topologyKey": "topology.kubernetes.io/zone",
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": {"matchLabels": {"app": "queue"}},
}
STATEFUL = [
    {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "queue", "namespace": "shop"},
        "spec": {
            "replicas": 3,
            "serviceName": "queue",
            "selector": {"matchLabels": {"app": "queue"}},
            "template": {
                "metadata": {"labels": {"app": "queue"}},
                "spec": {
                    "containers": [{"name": "queue", "image": "queue:1"}],
                    "topologySpreadConstraints": [SPREAD],
                },
            },
        },
    }
]
MANY_OF_THEM = [{**STATEFUL[0], "spec": {**STATEFUL[0]["spec"], "replicas": 24}}]
# Only spot nodes take them, and there are none in the other zones.
STUCK = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "stuck", "namespace": "shop"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "queue"}},
            "template": {
                "metadata": {"labels": {"app": "queue"}},
                "spec": {
                    "nodeSelector": {"lifecycle": "Ec2Spot"},
                    "containers": [{"name": "queue", "image": "queue:1"}],
                    "topologySpreadConstraints": [{**SPREAD, "nodeAffinityPolicy": "Ignore"}],
                },
            },
        },
    }
]
OLD = [
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "sopctl-relax-spread", "namespace": "sopctl-system"},
        "data": {"topologyKeys": "lifecycle"},
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": "sopctl-relax-spread"},
        "spec": {
            "reinvocationPolicy": "Never",
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                    }
                ]
            },
            "mutations": [
                {"patchType": "JSONPatch", "jsonPatch": {"expression": "[]"}},
            ],
        },
    },
]

ROOM = {"pods": 3, "pod_cpu": "200m", "pod_memory": "128Mi"}
SPARE = [
    {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": "sopctl-headroom"},
        "value": -5,
        "preemptionPolicy": "Never",
    },
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "sopctl-headroom", "namespace": "kube-system"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "spare"}},
            "template": {
                "metadata": {"labels": {"app": "spare"}},
                "spec": {
                    "priorityClassName": "sopctl-headroom",
                    "containers": [{"name": "pause", "image": "pause:3"}],
                },
            },
        },
    },
]

KYVERNO = {"parameters": {"by": "kyverno"}}
SWITCHED = {"parameters": {"spread": "switch"}}

COURSES = {
    "az-failure": (
        Course(given={**PREPARED, **DEAD}, run={"parameters": {"zone": ZONE}}, silent=True),
        Course(given=DEAD, run=EVERYTHING, before=[crowd], wait=600),
        Course(given={"objects": STATEFUL}, run=GRAY, watched=True),
        Course(run={"parameters": {"zone": ZONE, "spread": "switch"}}, before=[prepared_kyverno]),
    ),
    "capacity-headroom": (
        Course(run={"parameters": {"at_least": 2, "except_zone": ZONE}}),
        Course(run={"parameters": {"at_least": 2, "except_zone": ZONE}}, silent=True),
        Course(run={"parameters": ROOM}),
        Course(given={"objects": SPARE}, run={"parameters": ROOM}),
    ),
    "control-plane-brownout": (Course(before=[crowd]), Course(silent=True)),
    "node-group-drain": (
        # The autoscaler may begin to remove the nodes that were emptied: nobody uncordons those.
        Course(given={**PREPARED, "objects": MANY_OF_THEM}, run=DRAIN, ends={0, 21}),
        Course(given=DEAD, run=DRAIN),
        Course(given=FROZEN, run=RETIRE, ends={0, 21}),
        Course(
            run={"parameters": {"group": "managed", "managed": True}, "answers": {"go": "yes"}},
            before=[crowd],
        ),
    ),
    "prepare": (
        Course(),
        Course(given={"objects": OLD}),
        Course(run=KYVERNO, before=[kyverno]),
        Course(run=KYVERNO, before=[old_kyverno]),
    ),
    "rebalance-recommendation": (
        Course(given={"groups": MANY, "objects": MANY_OF_THEM}, run=REBALANCE, before=[kept]),
        Course(given={**DEAD, "groups": MANY}, run=REBALANCE),
    ),
    "scale-down-freeze": (Course(before=[crowd]), Course()),
    "spot-interruption": (
        Course(given={"objects": MANY_OF_THEM}, run=INTERRUPTION),
        Course(given=DEAD, run=INTERRUPTION),
    ),
    "spot-reclaim-surge": (
        Course(
            given={**PREPARED, "objects": STUCK},
            run={"parameters": SURGE},
            before=[crowd, by_priority],
        ),
        Course(
            given={"objects": STATEFUL},
            run={"consent": ["relax-spread"]},
            before=[with_priorities, many_types],
        ),
        Course(run=SWITCHED, before=[prepared_kyverno]),
    ),
    "zonal-traffic-shift": (
        Course(run={"parameters": {"zone": ZONE}}, before=[crowd], watched=True),
    ),
}
