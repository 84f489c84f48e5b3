"""The node termination handler, in both of its modes, for tests."""

from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj

IMAGE = "public.ecr.aws/aws-ec2/aws-node-termination-handler:v1.25.2"


def on_each_node() -> Obj:
    """A DaemonSet ``shop/handler`` whose pods have the label ``app: handler``."""
    return _made("DaemonSet", "handler", {"ENABLE_SQS_TERMINATION_DRAINING": "false"})


def deployed(queue: str, *, tagged: bool = False) -> Obj:
    """A Deployment ``shop/queue-handler`` that listens to the URL *queue*."""
    checks = str(tagged).lower()
    env = {
        "ENABLE_SQS_TERMINATION_DRAINING": "true",
        "QUEUE_URL": queue,
        "CHECK_TAG_BEFORE_DRAINING": checks,
    }
    return _made("Deployment", "queue-handler", env)


def _made(kind: str, name: str, env: dict[str, str]) -> Obj:
    listed = [{"name": key, "value": value} for key, value in env.items()]
    labels = {"app": name}
    container = {"name": "handler", "image": IMAGE, "env": listed}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
