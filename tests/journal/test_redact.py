"""Nothing secret enters the journal, whatever the spelling; and what is not secret stays."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.core.journal import Entry
from sopctl.journal.export import to_jsonl
from sopctl.journal.redact import Scrubber, is_redacted
from tests.journal.contract import AT, SqliteKit, started

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl-_123"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\nabc=\n-----END RSA PRIVATE KEY-----"
SHAPES = {
    "AKIAIOSFODNN7EXAMPLE": "aws-key-id",
    "ASIAIOSFODNN7EXAMPLE": "aws-key-id",
    JWT: "jwt",
    PEM: "private-key",
    PEM.replace("RSA PRIVATE", "PRIVATE"): "private-key",
    "k8s-aws-v1.aHR0cHM6Ly9zdHMuYW1hem9uYXdz": "eks-token",
    "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJH": "aws-session-token",
    "ghp_0123456789abcdefghijABCDEFGHIJ012345": "github-token",
    "xoxb-123456789012-abcdefGHIJ": "slack-token",
}
PHRASES = {
    "Authorization: Bearer abcDEF123._~+/=": "Authorization: Bearer [redacted bearer]",
    "authorization: bearer abcdefghijklmnopqrstuvwx": "authorization: bearer [redacted bearer]",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": (
        "aws_secret_access_key = [redacted aws-secret-key]"
    ),
    '"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"': (
        '"SecretAccessKey": "[redacted aws-secret-key]"'
    ),
    "https://sts/?X-Amz-Signature=0a1b2c&X-Amz-Date=1": (
        "https://sts/?X-Amz-Signature=[redacted signature]&X-Amz-Date=1"
    ),
    "https://bob:s3cr3t@git.example/x": "https://bob:[redacted password]@git.example/x",
}
HARMLESS = (
    "arn:aws:autoscaling:us-east-1:012345670123:autoScalingGroup:930d940e-891e:asgName/web",
    "k8s.io/cluster-autoscaler/enabled", "the bearer of bad news", "bearer authentication",
    "node/ip-10-0-1-17.ec2.internal", "https://10.0.0.1:6443/api/v1/nodes", "akia", "ASIA pacific",
    "AKIA is how key ids start", "eyJ", "sha256:" + "ab" * 32, "9f86d081884c7d659a2feaa0c55ad015",
    "http://[::1]:8080/a@b", "zone ü",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "secret key rotated", "ghost_town",
)  # fmt: skip


@pytest.mark.parametrize(("secret", "name"), SHAPES.items())
@pytest.mark.parametrize(
    "around", ["{}", "before {} after", '{{"token":"{}"}}', "x={};y", "\n{}\n"]
)
def test_a_secret_is_known_by_its_shape(secret: str, name: str, around: str):
    scrubbed = Scrubber().text(around.format(secret))
    assert scrubbed == around.format(f"[redacted {name}]")
    assert Scrubber().json({"a": (around.format(secret),)}) == {"a": [scrubbed]}


@pytest.mark.parametrize(("phrase", "expected"), PHRASES.items())
def test_a_secret_is_known_by_what_stands_before_it(phrase: str, expected: str):
    assert Scrubber().text(phrase) == expected
    assert Scrubber().json([1, phrase]) == [1, expected]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str):
    assert Scrubber().text(text) == text


def test_a_private_key_that_was_cut_off_goes_too():
    cut = PEM.split("-----END", maxsplit=1)[0]
    assert Scrubber().text(f"key: {cut}") == "key: [redacted private-key]"


SECRETS = ('p"ä/ss wörd+&=%', "correct horse battery", "abcdef", "ab/cd+ef==", "line\nbreak\ttab")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(str, id="raw"),
        pytest.param(lambda s: json.dumps({"password": s}), id="json"),
        pytest.param(lambda s: json.dumps({"password": s}, ensure_ascii=False), id="json-utf8"),
        pytest.param(lambda s: "https://x/?p=" + quote(s, safe=""), id="url"),
        pytest.param(lambda s: "https://x/?p=" + quote_plus(s), id="form"),
        pytest.param(lambda s: "https://x/?p=" + quote(s, safe="").lower(), id="url-lower"),
        pytest.param(lambda s: base64.b64encode(s.encode()).decode(), id="base64"),
        pytest.param(lambda s: base64.urlsafe_b64encode(s.encode()).decode(), id="base64-url"),
        pytest.param(lambda s: base64.b64encode(b"user:" + s.encode()).decode(), id="after-5"),
        pytest.param(
            lambda s: base64.b64encode(b"u:" + s.encode() + b" and more").decode(), id="after-2"
        ),
        pytest.param(
            lambda s: base64.b64encode(b"user7:" + s.encode() + b".").decode(), id="after-6"
        ),
    ],
)
def test_a_registered_secret_is_found_in_every_spelling(secret: str, spell):
    scrubber = Scrubber()
    text = spell(secret)
    scrubber.register(secret)
    assert "[redacted registered]" in scrubber.text(f"<{text}>")
    assert secret not in scrubber.text(text)
    assert scrubber.json({"why": [text]}) == {"why": [scrubber.text(text)]}
    assert is_redacted(scrubber.json([json.dumps(text)]))


def test_the_longest_of_overlapping_secrets_is_taken_out():
    scrubber = Scrubber()
    scrubber.register("secret", "secret-and-more")
    assert scrubber.text("a secret-and-more b") == "a [redacted registered] b"


def test_values_too_short_to_mean_anything_are_not_registered():
    scrubber = Scrubber()
    scrubber.register("", "a", "prod")
    assert scrubber.text("a prod target") == "a prod target"


def test_keys_are_scrubbed_and_tuples_become_lists():
    scrubber = Scrubber()
    scrubber.register("hunter2-hunter2")
    value = {"hunter2-hunter2": ("x hunter2-hunter2", 1, None, True, 0.5)}
    assert scrubber.json(value) == {
        "[redacted registered]": ["x [redacted registered]", 1, None, True, 0.5]
    }


def test_a_redacted_value_can_be_told_from_one_that_was_not():
    scrubber = Scrubber()
    assert is_redacted(scrubber.json({"a": ["x", {"b": JWT}]}))
    assert is_redacted(scrubber.json({JWT: 1}))
    assert not is_redacted({"a": ["x", {"b": "redacted"}, 1, None, True]})


@given(st.text())
def test_scrubbing_twice_is_scrubbing_once_and_the_result_is_utf8(text: str):
    scrubber = Scrubber()
    scrubber.register("secret")
    once = scrubber.text(text)
    assert scrubber.text(once) == once
    assert once.encode().decode() == once


def test_a_lone_surrogate_is_spelled_out():
    assert Scrubber().text("file \udcff") == "file \\udcff"
    assert Scrubber().json({"\udcff": ["\udcff", JWT]}) == {
        "\\udcff": ["\\udcff", "[redacted jwt]"]
    }


def test_no_planted_canary_is_in_any_file_of_the_journal(sqlite_kit: SqliteKit):
    canaries = [f'canary-{number:02}-!/+ä"' for number in range(20)]
    sqlite_kit.scrubber.register(*canaries)
    store = sqlite_kit.open()
    lease = started(store)
    planted = [
        Entry(
            kind="result",
            data={
                "why": f"403: {canary}",
                "nested": [{canary: {"deep": (canary, json.dumps(canary), quote(canary))}}],
                "b64": base64.b64encode(f"user:{canary}".encode()).decode(),
                "shapes": list(SHAPES),
                "phrases": list(PHRASES),
            },
        )
        for canary in canaries
    ]
    store.append(lease, -1, planted, AT)
    exported = "\n".join(to_jsonl(store.runs()[0], store.read("R")))
    files = [found.read_bytes() for found in Path(sqlite_kit.path.parent).iterdir()]
    assert sum(map(len, files)) > 10_000
    needles = {*SHAPES, "wJalrXUtnFEMI", "s3cr3t", "0a1b2c"}
    for canary in canaries:
        needles |= {canary, json.dumps(canary)[1:-1], quote(canary), canary[:9]}
    for needle in needles:
        assert needle not in exported
        assert all(needle.encode() not in content for content in files), needle
