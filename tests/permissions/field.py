"""Runs a runbook as somebody who has exactly its permissions, and tells which were used.

What is compared was seen at the two front doors of the sandbox: what a client says of itself is not
asked. Both enforce: AWS by the policies of the user whose key it is, Kubernetes by RBAC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from sopctl.actions.k8s import spread_kyverno
from sopctl.app.composition import App, Parts
from sopctl.app.settings import Settings
from sopctl.app.targets import SANDBOX
from sopctl.app.trials import planting
from sopctl.app.trials.invoking import Operator
from sopctl.app.trials.stage import Stage
from sopctl.core.permission import Right
from sopctl.facts.objects import spread
from sopctl.journal.memory import MemoryStore
from sopctl.permissions import gather, iam, rbac
from sopctl.permissions.scope import Scope
from sopctl.runbook.trials.model import GivenShape, RunShape
from sopctl.sandbox.aws.desk import parse_request
from sopctl.sandbox.aws.faults import FaultRule
from sopctl.sandbox.aws.fleet import GroupSpec
from sopctl.sandbox.process.household import VERSION, Household
from sopctl.sandbox.process.running import ACCESS_KEY, aws_config, kubeconfig
from sopctl.sandbox.world.seed import admission
from tests.fakes.crds import crd
from tests.sandbox.aws.access_keys import TRUST, client, session

NAME = "sopctl-on-call"
ZONE, ZONE_LABEL = "us-east-1a", "topology.kubernetes.io/zone"
LATER = 2.5 * 3600  # world seconds: when most of a shift of four hours is over
SCOPE = Scope(
    cluster="sandbox",
    account="123456789012",
    region="us-east-1",
    target="sandbox",
)
_ELB = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
_LABEL = "k8s.io/cluster-autoscaler/node-template/label/eks.amazonaws.com/nodegroup"
_LABELLED = {_LABEL: ("managed", True)}
_CUSTOM = (
    ("karpenter.sh", "v1", "NodePool", "nodepools", False),
    ("karpenter.sh", "v1", "NodeClaim", "nodeclaims", False),
    ("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", True),
    ("autoscaling.k8s.io", "v1", "VerticalPodAutoscaler", "verticalpodautoscalers", True),
    ("elbv2.k8s.aws", "v1beta1", "TargetGroupBinding", "targetgroupbindings", True),
)


@dataclass(frozen=True, kw_only=True)
class Course:
    """One way in which a runbook goes: the world, how it is run, and what is in its way.

    *silent*: AWS answers nothing while it runs, so that it parks, and is resumed afterwards.
    *before* is done to the household first, *watched*: late, before the roll back.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    silent: bool = False
    before: Sequence[Callable[[Household], None]] = ()
    wait: float = 120.0  # world seconds between what is done to the household and the run
    watched: bool = False
    ends: frozenset[int] | set[int] = frozenset({0})  # exit codes of the roll back


def crowd(household: Household) -> None:
    """What only some clusters have, one of each."""
    cluster = household.kube.cluster
    for group, version, kind, plural, namespaced in _CUSTOM:
        definition = crd(group, version, kind, plural, namespaced=namespaced)
        cluster.create("customresourcedefinitions", definition)
    pool = {"spec": {"template": {"spec": {"requirements": SPOT}}, "limits": {"cpu": "10"}}}
    cluster.create("nodepools.karpenter.sh", {"metadata": {"name": "general"}, **pool})
    meta = {"metadata": {"name": "queue", "namespace": "shop"}}
    scaled = {"spec": {"scaleTargetRef": {"name": "queue"}}}
    cluster.create("scaledobjects.keda.sh", {**meta, **scaled})
    sized = {"spec": {"targetRef": {"kind": "Deployment", "name": "web"}}}
    cluster.create("verticalpodautoscalers.autoscaling.k8s.io", {**meta, **sized})
    bound = {"spec": {"targetGroupARN": f"{_ELB}:targetgroup/shop/0123456789abcdef"}}
    cluster.create("targetgroupbindings.elbv2.k8s.aws", {**meta, **bound})
    _proportional(household)
    spec = GroupSpec(
        name="managed", zones=("us-east-1a",), min=1, max=3, desired=1, spot=True, tags=_LABELLED
    )
    household.cloud.create_nodegroup(spec)


def _proportional(household: Household) -> None:
    """DNS servers by the number of nodes."""
    cluster = household.kube.cluster
    meta = {"name": "dns-scaler", "namespace": "kube-system"}
    image = "registry.k8s.io/cpa/cluster-proportional-autoscaler:v1.9.0"
    container = {"name": "scaler", "image": image, "args": ["--configmap=dns-scaler"]}
    template = {"metadata": {"labels": {"app": "scaler"}}, "spec": {"containers": [container]}}
    spec = {"selector": {"matchLabels": {"app": "scaler"}}, "template": template}
    cluster.create("deployments", {"metadata": meta, "spec": spec})
    cluster.create("configmaps", {"metadata": meta, "data": {"linear": '{"min": 2}'}})


def kyverno(household: Household) -> None:
    """Kyverno is installed, with no policy."""
    for resource, obj in admission.kyverno():
        household.kube.cluster.create(resource, obj)


def old_kyverno(household: Household) -> None:
    """As above, with a policy of ours that is not as it should be."""
    kyverno(household)
    policy = {"metadata": {"name": spread.POLICY}, "spec": {"failurePolicy": "Fail"}}
    household.kube.cluster.create("mutatingpolicies.policies.kyverno.io", policy)


def prepared_kyverno(household: Household) -> None:
    """As above, with the policy that `sopctl run prepare` installs."""
    kyverno(household)
    spec = spread_kyverno.spec(spread_kyverno.Params())
    policy = {"metadata": {"name": spread.POLICY}, "spec": spec}
    household.kube.cluster.create("mutatingpolicies.policies.kyverno.io", policy)


def kept(household: Household) -> None:
    """Every node stays: one that is drained is not removed before it is given back."""
    stays = {"cluster-autoscaler.kubernetes.io/scale-down-disabled": "true"}
    cluster = household.kube.cluster
    for node in cluster.list("nodes"):
        patch = {"metadata": {"annotations": stays}}
        cluster.patch("nodes", node["metadata"]["name"], patch)


def by_priority(household: Household) -> None:
    """The autoscaler expands by priorities."""
    cluster = household.kube.cluster
    found = cluster.get("deployments", "cluster-autoscaler", "kube-system")
    container = found["spec"]["template"]["spec"]["containers"][0]
    words = "args" if container.get("args") else "command"
    kept = [each for each in container[words] if "expander" not in each]
    container[words] = [*kept, "--expander=priority"]
    cluster.update("deployments", found)


def with_priorities(household: Household) -> None:
    """As above, and somebody has set some."""
    by_priority(household)
    meta = {"name": "cluster-autoscaler-priority-expander", "namespace": "kube-system"}
    body = {"metadata": meta, "data": {"priorities": "10:\n- .*\n"}}
    household.kube.cluster.create("configmaps", body)


def many_types(household: Household) -> None:
    """Spot nodes of as many types as it takes to ask for their scores."""
    for name in ("m5.xlarge", "m5a.xlarge", "m6i.xlarge"):
        labels = {"node.kubernetes.io/instance-type": name, "lifecycle": "Ec2Spot"}
        meta = {"name": f"other-{name}", "labels": {**labels, ZONE_LABEL: ZONE}}
        body = {"metadata": meta, "spec": {"unschedulable": True}}
        household.kube.cluster.create("nodes", body)


SPOT = [{"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]}]


class Field:
    """A stage, and somebody on it."""

    def __init__(self, stage: Stage, invoke, library) -> None:
        self.stage, self.invoke, self.library = stage, invoke, library

    def needs(self, name, known):
        return gather.gather(self.library.load(name), known, SCOPE.target)

    def play(self, name: str, course: Course, needs, folder: Path, *, scope=SCOPE, checked=True):
        """Run *name* that way with *needs* and nothing else; the calls, and what was said."""
        given, restricted = self._set(course, needs, folder, scope, checked)
        try:
            said = self._go(Operator(restricted, self.invoke, MemoryStore()), name, course, given)
        finally:
            _let_go(restricted)
        return self.seen(), self.refused(), said

    def plan(self, name: str, course: Course, needs, folder: Path, fault=None):
        """What a dry run says to somebody with *needs*, as JSON."""
        _, restricted = self._set(course, needs, folder, SCOPE, checked=True)
        faults = self.stage.household.aws.faults
        if fault is not None:
            faults.append(fault)
        operator = Operator(restricted, self.invoke, MemoryStore())
        try:
            shape = RunShape.model_validate(self._named(course.run))
            return operator.run(str(self.library.path(name)), shape, dry=True)
        finally:
            faults.clear()
            _let_go(restricted)

    def back(self, name: str, course: Course, needs, folder: Path):
        """What the plan of its roll back says after a run, as JSON."""
        _, restricted = self._set(course, needs, folder, SCOPE, checked=True)
        operator = Operator(restricted, self.invoke, MemoryStore())
        try:
            shape = RunShape.model_validate(self._named(course.run))
            operator.run(str(self.library.path(name)), shape)
            return operator._go("rollback", operator.newest().run, "--dry-run", "-o", "json")
        finally:
            _let_go(restricted)

    def _set(self, course, needs, folder, scope, checked):
        """The world of *course*, and its stage for somebody with *needs*."""
        house = self.stage.household
        given = GivenShape.model_validate(course.given)
        house.plant(planting.planter(given), VERSION)
        master = Operator(self.stage, self.invoke, MemoryStore())
        for earlier in given.runs:
            said = master.run(str(self.library.path(earlier.runbook)), RunShape())
            assert said.code == 0, said.text
        for change in course.before:
            change(house)
        for _ in given.failed:
            house.fail_zone(ZONE)
        house.advance(course.wait)
        restricted = self._hired(needs, folder, scope, checked)
        house.aws.calls.clear()
        house.kube.calls.clear()
        return given, restricted

    def _go(self, operator, name, course, given):
        house = self.stage.household
        shape = RunShape.model_validate(self._named(course.run))
        if course.silent:
            house.aws.faults.append(FaultRule(kind="dead"))
        said = [operator.run(str(self.library.path(name)), shape)]
        house.aws.faults.clear()
        state = operator.newest()
        if state is not None and state.end is None:
            said.append(operator._go("resume", state.run))
        if course.watched and state is not None:
            house.advance(LATER)
            said.append(self._watch(operator, state.run))
        for _ in given.failed:
            house.heal_zone("us-east-1a")
            house.advance(600)
        if state is not None:
            said.append(operator.roll_back(state.run))
        return said

    def _watch(self, operator, run):
        stage = operator._stage
        parts = Parts(
            connect=stage.connection, targets={SANDBOX: stage.target}, store=operator.store
        )
        settings = Settings(config=stage.folder / "config", state=stage.folder / "state")
        return self.invoke(App(settings, parts), ("watch", run, "--once", "--target", SANDBOX))

    def _named(self, run):
        """*run* with NODE for the name of a node in the first zone that pods of a queue are on."""
        pods = self.stage.household.kube.cluster.list("pods")
        zone = self._zones()
        places = [
            p["spec"].get("nodeName") for p in pods if p["metadata"]["name"].startswith("queue-")
        ]
        node = next(iter([n for n in places if n] or [n for n in zone if zone[n] == ZONE]))
        parameters = {
            key: {"NODE": node, "GROUP": self._group(node)}.get(str(value), value)
            for key, value in run.get("parameters", {}).items()
        }
        return {**run, "parameters": parameters}

    def _zones(self):
        nodes = self.stage.household.kube.cluster.list("nodes")
        return {n["metadata"]["name"]: n["metadata"]["labels"][ZONE_LABEL] for n in nodes}

    def _group(self, node):
        groups = self.stage.household.cloud.groups()
        return next((g.name for g in groups if any(i.private_dns == node for i in g.instances)), "")

    def _hired(self, needs, folder, scope, checked) -> Stage:
        """The same world for somebody else: an IAM user and a service account."""
        house = self.stage.household
        cluster = house.kube.cluster
        cluster.create("namespaces", {"metadata": {"name": NAME}})
        account = cluster.create("serviceaccounts", {"metadata": {"name": "me", "namespace": NAME}})
        group = f"system:serviceaccounts:{NAME}"
        for manifest in rbac.manifests(needs, NAME, group):
            cluster.create(f"{manifest['kind'].lower()}s", dict(manifest))
        answer = cluster.tokens.request(account, {"spec": {"expirationSeconds": 86400}})
        bearer = json.loads(answer.body)["status"]["token"]
        admin = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": "none"}
        policy = iam.policy(needs, scope) if checked else iam.written(needs, scope)
        role = client(house.aws.url, "iam", admin)
        made = role.create_role(
            RoleName=NAME, Path="/ops/", AssumeRolePolicyDocument=TRUST, MaxSessionDuration=43200
        )
        role.put_role_policy(RoleName=NAME, PolicyName="least", PolicyDocument=json.dumps(policy))
        sts = client(house.aws.url, "sts", admin)
        key = session(sts, made["Role"]["Arn"], DurationSeconds=43200)
        token = f"\naws_session_token = {key['aws_session_token']}\n"
        config = aws_config(house.aws.url).replace(ACCESS_KEY, key["aws_access_key_id"])
        config = config.replace("\ncli_pager", token + "cli_pager")
        folder.mkdir(exist_ok=True)
        (folder / "aws-config").write_text(config)
        (folder / "kubeconfig").write_text(kubeconfig(house.kube.url, house.certificate, bearer))
        return Stage(household=house, folder=folder, life=self.stage.life)

    def seen(self) -> set[Right]:
        """What was asked for, as permissions that name each object."""
        house = self.stage.household
        aws = {
            Right(service=entry.request.service, act=entry.request.operation, tags=key)
            for entry in house.cloud.trail.entries
            if not entry.error and f"/{NAME}/" in entry.principal.arn
            for key in _keys(entry.request)
        }
        kube = {(call.method, call.path) for call in house.kube.calls if call.status != 403}
        return aws | {right_of(method, path) for method, path in kube}

    def refused(self) -> list[str]:
        house = self.stage.household
        aws = [f"{c.service}:{c.operation}" for c in house.aws.calls if c.status == 403]
        kube = [str(right_of(c.method, c.path)) for c in house.kube.calls if c.status == 403]
        return sorted({*aws, *kube})


def _let_go(stage: Stage) -> None:
    for sdk in (stage.sdks.aws, stage.sdks.k8s):
        sdk.close()


def _keys(request) -> list[str]:
    """The keys of the tags that a request is about; one empty text for one that is about none."""
    tags = parse_request(request).get("Tags") or ()
    return [tag["Key"] for tag in tags if isinstance(tag, dict)] or [""]


_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def right_of(method: str, path: str) -> Right:
    """What an API server asks RBAC about a request (kubernetes.io, "Request verbs")."""
    parts = path.strip("/").split("/")
    start = {"api": 2, "apis": 3}.get(parts[0])
    if start is None or len(parts) <= start:
        return Right(service="k8s", act=method.lower(), path=path)
    group = parts[1] if parts[0] == "apis" else ""
    rest, namespace = parts[start:], ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    name, part = (rest[1] if len(rest) > 1 else ""), (f"/{rest[2]}" if len(rest) > 2 else "")
    verb = _VERBS.get(method, "get" if name else "list")
    return Right(
        service="k8s",
        act=verb,
        group=group,
        resource=rest[0] + part,
        namespace=namespace,
        name=name,
    )


def covers(declared: Right, seen: Right) -> bool:
    if declared.aws != seen.aws:
        return False
    if declared.aws:
        same = (declared.service, declared.act) == (seen.service, seen.act)
        return same and (not declared.tags or fnmatchcase(seen.tags, declared.tags))
    same = replace(seen, namespace="", name="") == replace(declared, namespace="", name="")
    where = declared.namespace in ("", seen.namespace)
    return same and where and declared.name in ("", seen.name)


def shown(policy) -> str:
    return yaml.safe_dump(policy, sort_keys=False)
