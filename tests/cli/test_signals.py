"""Signals set a flag; only the third stops at once."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from sopctl.cli.signals import caught, interrupting


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_the_first_one_only_sets_a_flag(number, code, capfd):
    stop = threading.Event()

    with caught(stop) as seen:
        send(number)
        assert stop.wait(5)

    assert seen.exit_code == code
    assert "finishing the calls in flight" in capfd.readouterr().err


def test_the_third_stops_at_once(capfd):
    def thrice():
        with caught(threading.Event()):
            for _ in range(3):
                send(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        thrice()


def test_afterwards_signals_do_what_they_did_before():
    before = signal.getsignal(signal.SIGINT)

    with caught(threading.Event()):
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_would_end_the_process_can_be_made_an_interrupt(number):
    before = signal.getsignal(number)

    with pytest.raises(KeyboardInterrupt), interrupting():
        send(number)

    assert signal.getsignal(number) is before


def test_a_stopped_run_parks_and_says_which_signal(shop, monkeypatch):
    sent = []

    def meanwhile(point):
        if not sent:
            sent.append(point)
            send(signal.SIGTERM)

    shop.world.wire = meanwhile

    result = shop.run()

    assert result.code == 143
    assert "Parked (signal)" in result.err
    shop.world.wire = None
    assert shop("resume").code == 0
    assert set(shop.lamps.values()) == {True}


def test_who_draws_on_the_screen_is_told_and_nothing_is_written_past_it(capfd):
    told, heard = [], threading.Event()

    def tell(text):
        told.append(text)
        heard.set()

    with caught(threading.Event(), tell):
        send(signal.SIGTERM)
        assert heard.wait(5)

    assert told == ["finishing the calls in flight; twice more stops at once"]
    assert capfd.readouterr().err == ""
