"""Hashes of pod templates, by which controllers name their revisions."""

from __future__ import annotations

import hashlib
import json

from sopctl.sandbox.world.ports import Obj

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # k8s.io/apimachinery/pkg/util/rand: no vowels


def template_hash(template: Obj) -> str:
    """Return a short name for a pod template; equal templates have equal names."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()[:10]
    return "".join(_ALPHABET[each % len(_ALPHABET)] for each in digest)
