from __future__ import annotations

import socket

from sopctl.providers import reach


def test_what_listens_answers_and_what_does_not_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        assert reach.addresses(url) == ("127.0.0.1",)
        assert reach.silent(url) == ()
    assert reach.silent(url) == ("127.0.0.1",)


def test_a_name_that_is_unknown_has_no_addresses() -> None:
    assert reach.addresses("https://nowhere.invalid") == ()
    assert reach.silent("https://nowhere.invalid") == ()
