"""What real API servers answered, held against the simulator call by call.

`recorded/` says of which server each file is. A call that the simulator answers otherwise says why
in its course (`differs`), and it is held that it still does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from urllib.parse import parse_qsl, urlsplit

import pytest

from sopctl.sandbox.k8s.api import Api
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import ADMIN
from sopctl.sandbox.k8s.request import Remarks, Request
from tests.conformance import recording

COURSES = ("admission", "core", "custom")
CASES = [(name, asked) for name in COURSES for asked in recording.course(name)]


@cache
def played(name):
    """The simulator's answers to a course, by the names of its calls."""
    api = Api(Cluster(lambda: datetime.now(UTC), "1.36"))
    return {asked.name: ask(api, asked) for asked in recording.course(name)}


def ask(api, asked):
    parts = urlsplit(asked.path)
    headers = {"accept": asked.accept, "user-agent": "probe/1.0"}
    if asked.sent is not None:
        headers["content-type"] = asked.media
    request = Request(
        method=asked.method,
        path=parts.path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=headers,
        body=asked.sent or b"",
        user=ADMIN,
        remarks=Remarks(),
    )
    answer = api.handle(request)
    told = dict(answer.headers)
    body = answer.body if answer.stream is None else b"".join(answer.stream)
    return recording.answered(answer.status, {"Content-Type": answer.content_type, **told}, body)


@pytest.mark.parametrize(
    ("name", "asked"), CASES, ids=[f"{name}: {asked.name}" for name, asked in CASES]
)
def test_the_simulator_answers_as_a_real_server_did(name, asked):
    real = recording.load(name)["answers"][asked.name]
    ours = played(name)[asked.name]
    if not asked.words:
        real, ours = recording.without_words(real), recording.without_words(ours)
    found = list(recording.differences(real, ours))
    if asked.differs:
        assert found, f"it answers alike now: take {asked.differs!r} out of the course"
    else:
        assert not found, "\n".join(found)
