"""kubectl, as a person would type it, in the namespace of the probe."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess

OLDEST = (1, 30)


@functools.cache
def version():
    """(major, minor) of the kubectl on PATH, or None."""
    path = shutil.which("kubectl")
    if path is None:
        return None
    shown = subprocess.run(
        [path, "version", "--client", "-o", "json"], capture_output=True, text=True, check=False
    )
    words = json.loads(shown.stdout or "{}").get("clientVersion", {}).get("gitVersion", "v0.0")
    return tuple(int(part) for part in words.lstrip("v").split(".")[:2])


class Kubectl:
    def __init__(self, place, namespace):
        self.namespace = namespace
        self.base = ["kubectl", "--namespace", namespace, "--cache-dir", str(place.cache)]
        if place.context:
            self.base += ["--context", place.context]
        self.environment = {**os.environ, "KUBECONFIG": str(place.kubeconfig)}

    def run(self, *arguments, given=None):
        text = json.dumps(given) if given is not None else None
        return subprocess.run(
            [*self.base, *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment,
            timeout=60,
        )

    def __call__(self, *arguments, given=None):
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, *arguments, given=None):
        done = self.run(*arguments, given=given)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def json(self, *arguments):
        return json.loads(self(*arguments, "-o", "json"))


def rows(text):
    return [line.split() for line in text.splitlines()]
