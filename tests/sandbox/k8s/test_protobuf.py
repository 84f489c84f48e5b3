from __future__ import annotations

from sopctl.sandbox.k8s import protobuf


def text(number, value):
    data = value if isinstance(value, bytes) else value.encode()
    return bytes([number << 3 | 2, len(data)]) + data


def envelope(kind, raw):
    return b"k8s\x00" + text(1, text(1, "v1") + text(2, kind)) + text(2, raw)


def test_a_review_is_understood():
    attributes = text(1, "default") + text(2, "create") + text(5, "pods")
    body = envelope("SelfSubjectAccessReview", text(2, text(1, attributes)))
    asked = {"namespace": "default", "verb": "create", "resource": "pods"}
    assert protobuf.decode(body) == {
        "apiVersion": "v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }


def test_maps_and_empty_strings_are_read_as_go_means_them():
    meta = text(1, "settings") + text(2, "") + text(11, text(1, "a") + text(2, "b"))
    data = text(2, text(1, "key") + text(2, ""))
    decoded = protobuf.decode(envelope("ConfigMap", text(1, meta) + data))
    assert decoded["metadata"] == {"name": "settings", "labels": {"a": "b"}}
    assert decoded["data"] == {"key": ""}


def test_anything_else_is_not_guessed_at():
    assert protobuf.decode(b"{}") is None
    assert protobuf.decode(envelope("CronJob", b"")) is None
    whole = envelope("ConfigMap", text(1, text(1, "settings")))
    assert protobuf.decode(whole[:-12] + b"\xff") is None
    assert protobuf.decode(envelope("ConfigMap", text(1, b"\x0a\x01\xff"))) is None


def test_numbers_flags_and_amounts_are_read():
    spec = text(1, b"\x08\x01\x1a\x0350%") + text(3, b"\x08\x00\x10\x03")
    decoded = protobuf.decode(envelope("PodDisruptionBudget", text(2, spec)))
    assert decoded["spec"] == {"minAvailable": "50%", "maxUnavailable": 3}
    decoded = protobuf.decode(envelope("PriorityClass", b"\x10\xac\x02\x18\x01"))
    assert (decoded["value"], decoded["globalDefault"]) == (300, True)
