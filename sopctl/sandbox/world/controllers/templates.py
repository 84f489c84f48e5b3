"""Hashes of pod templates, by which controllers name their revisions."""

from __future__ import annotations

import hashlib
import json

from sopctl.sandbox.k8s.objects import Json, Obj

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # k8s.io/apimachinery/pkg/util/rand: no vowels


def template_hash(template: Obj) -> str:
    """Return a short name for a pod template; equal templates have equal names.

    An empty list or map equals a missing one, as `equality.Semantic.DeepEqual` has it: a template
    that was patched there and back is the old template again.
    """
    text = json.dumps(_tidy(template), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()[:10]
    return "".join(_ALPHABET[each % len(_ALPHABET)] for each in digest)


_MAPS = frozenset({"annotations", "labels", "nodeSelector"})  # other empty objects say something


def _tidy(value: Json) -> Json:
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _tidy(each)
        for key, each in value.items()
        if each != [] and not (key in _MAPS and each == {})
    }
