"""A permission that an action, a check or a fact declares, as one line of text and as a value.

=====================================================  =============================================
``autoscaling:DescribeAutoScalingGroups``              an action of IAM, spelled as in the Service
                                                       Authorization Reference
``autoscaling:DeleteTags sopctl/*``                    only for tags whose keys look like that
``k8s:patch nodes``                                    a verb of RBAC and a resource
``k8s:create pods/eviction``                           a subresource
``k8s:list deployments.apps``                          a resource of another API group
``k8s:get configmaps kube-system/aws-auth``            one object; without a namespace: of any
``k8s:create configmaps kube-system/``                 any object of a namespace
``k8s:get /version``                                   a path that is no resource
=====================================================  =============================================

Names are exact; RBAC knows no patterns.
"""

from __future__ import annotations

from dataclasses import dataclass

KUBERNETES = "k8s"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Right:
    """One permission. *service* is ``k8s``, or the prefix of an IAM action.

    *act* is the verb of RBAC or the action. *tags* is a pattern of keys, of AWS alone; the rest is
    of Kubernetes alone, and empty means any. *path* stands for a resource that is none.
    """

    service: str
    act: str
    tags: str = ""
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def aws(self) -> bool:
        return self.service != KUBERNETES

    def __str__(self) -> str:
        if self.aws:
            return f"{self.service}:{self.act}" + (f" {self.tags}" if self.tags else "")
        if self.path:
            return f"{KUBERNETES}:{self.act} {self.path}"
        resource, slash, part = self.resource.partition("/")
        dotted = f"{resource}.{self.group}" if self.group else resource
        which = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{KUBERNETES}:{self.act} {dotted}{slash}{part}" + (f" {which}" if which else "")


def parse(text: str) -> Right:
    """The permission that *text* declares; raises ValueError for what is none."""
    head, _, rest = text.partition(" ")
    service, colon, act = head.partition(":")
    if not colon or not act or (service == KUBERNETES) != bool(rest and service == KUBERNETES):
        raise ValueError(f"{text!r} is no permission")
    if service != KUBERNETES:
        return Right(service=service, act=act, tags=rest)
    what, _, which = rest.partition(" ")
    if what.startswith("/"):
        return Right(service=service, act=act, path=what)
    dotted, slash, part = what.partition("/")
    resource, _, group = dotted.partition(".")
    namespace, _, name = which.rpartition("/")
    return Right(
        service=service,
        act=act,
        group=group,
        resource=f"{resource}{slash}{part}",
        namespace=namespace,
        name=name,
    )
