"""Policies, roles and Terraform from needs; and what is refused."""

from __future__ import annotations

import json

import pytest

from sopctl.core.errors import UsageError
from sopctl.core.permission import Right, parse
from sopctl.facts.needs import NEEDS
from sopctl.facts.snapshot import SHAPES
from sopctl.permissions import iam, rbac, terraform
from sopctl.permissions.gather import Need
from sopctl.permissions.scope import Scope

SCOPE = Scope(cluster="prod", account="1", region="eu-west-1")


def needs(*texts):
    return [Need(right=parse(text), steps=("step",)) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DeleteTags sopctl/*",
        "k8s:patch nodes",
        "k8s:create pods/eviction",
        "k8s:patch deployments.apps/scale",
        "k8s:get configmaps kube-system/aws-auth",
        "k8s:get namespaces kube-system",
        "k8s:create configmaps kube-system/",
        "k8s:get /version",
    ],
)
def test_what_is_declared_can_be_read_and_written(text):
    right = parse(text)
    assert parse(str(right)) == right


@pytest.mark.parametrize("text", ["nodes", "k8s:patch", "k8s:", "autoscaling:"])
def test_what_is_no_permission_is_refused(text):
    with pytest.raises(ValueError, match="no permission"):
        parse(text)


def test_every_declaration_can_be_read(known):
    rooms = [*known.actions.values(), *known.checks.values()]
    for room in rooms:
        for text in (*room.permissions, *(t for some in room.only_with.values() for t in some)):
            assert parse(text)


def test_every_fact_says_what_it_takes():
    assert set(SHAPES) <= set(NEEDS)


def test_groups_are_held_to_the_cluster_and_tags_to_their_keys():
    policy = iam.policy(needs("autoscaling:DeleteTags sopctl/*"), SCOPE)
    statement = policy["Statement"][0]
    assert statement["Condition"] == {
        "StringEquals": {"aws:ResourceTag/kubernetes.io/cluster/prod": "owned"},
        "ForAllValues:StringLike": {"aws:TagKeys": ["sopctl/*"]},
    }
    assert statement["Resource"].startswith("arn:aws:autoscaling:eu-west-1:1:autoScalingGroup:")


@pytest.mark.parametrize("key", ["k8s.io/cluster-autoscaler/enabled", "team/autoscale"])
def test_a_condition_on_a_tag_that_is_removed_is_refused(key):
    """Otherwise the roll back is denied: it has to put back what it is known by."""
    removing = needs("autoscaling:DeleteTags k8s.io/cluster-autoscaler/*")
    scope = Scope(cluster="prod", tag=(key, "true"), tag_keys=("team/*",))
    with pytest.raises(UsageError, match="way back would be denied"):
        iam.policy(removing, scope)


def test_a_policy_of_the_largest_runbook_fits_into_one(field, known):
    """A managed policy has at most 6,144 characters, white space not counted (IAM quotas)."""
    policy = iam.policy(field.needs("az-failure", known), SCOPE)
    assert len(json.dumps(policy, separators=(",", ":"))) < 6144


def test_roles_name_objects_and_namespaces_where_they_can():
    made = rbac.manifests(
        needs(
            "k8s:get leases.coordination.k8s.io kube-system/sopctl-prod",
            "k8s:update leases.coordination.k8s.io kube-system/sopctl-prod",
            "k8s:list nodes",
            "k8s:get /version",
        ),
        "sopctl-x",
        "on-call",
    )
    kinds = [each["kind"] for each in made]
    assert kinds == ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
    assert made[0]["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]},
        {"nonResourceURLs": ["/version"], "verbs": ["get"]},
    ]
    assert made[2]["metadata"] == {"name": "sopctl-x", "namespace": "kube-system"}
    assert made[2]["rules"] == [
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "resourceNames": ["sopctl-prod"],
            "verbs": ["get", "update"],
        }
    ]
    assert made[3]["subjects"][0]["name"] == "on-call"


def test_terraform_has_the_same_policy_and_roles():
    some = needs("eks:DescribeCluster", "k8s:list nodes")
    policy, roles = iam.policy(some, SCOPE), rbac.manifests(some, "sopctl-x", "on-call")
    found = terraform.configuration(policy, roles, "sopctl-x")["resource"]
    assert json.loads(found["aws_iam_policy"]["sopctl_x"]["policy"]) == policy
    assert found["kubernetes_cluster_role_v1"]["sopctl_x"]["rule"] == [
        {"api_groups": [""], "resources": ["nodes"], "verbs": ["list"]}
    ]
    bound = found["kubernetes_cluster_role_binding_v1"]["sopctl_x"]
    assert bound["role_ref"]["name"] == "sopctl-x"


def test_terraform_finds_no_template_in_a_policy():
    policy = {"Resource": "${aws:username}"}
    found = terraform.configuration(policy, [], "x")["resource"]["aws_iam_policy"]["x"]
    assert found["policy"] == '{"Resource": "$${aws:username}"}'


def test_a_parameter_that_is_not_given_needs_nothing(field, known):
    rights = {str(need.right) for need in field.needs("spot-interruption", known)}
    assert not [each for each in rights if each.startswith(("autoscaling:", "ec2:"))]
    assert Right(service="k8s", act="patch", resource="nodes") in {
        need.right for need in field.needs("spot-interruption", known)
    }
