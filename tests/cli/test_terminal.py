"""The real questions, on a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

import pytest

SCRIPT = """
import sys
from sopctl.cli.terminal import GaveUpError, RealTerminal
terminal = RealTerminal()
assert terminal.interactive
try:
    answer = repr({question})
except GaveUpError as error:
    answer = "gave up: " + error.summary
print("ANSWER", answer, file=sys.stderr)
"""


WHERE = "\x1b[6n"  # the terminal is asked where its cursor is
ANSWER = re.compile(r"ANSWER ([^\r\n]*)\r\n")


def answered(question, keys, later=()):
    """What *question* answers when *keys* are typed, and *later* at what is asked after it."""
    due = {"Really": keys, **dict(later)}
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(sys.executable, [sys.executable, "-c", SCRIPT.format(question=question)])
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen, until = "", time.monotonic() + 30
    try:
        while not (found := ANSWER.search(seen)) and time.monotonic() < until:
            if not select.select([descriptor], [], [], 0.1)[0]:
                continue
            read = os.read(descriptor, 65536).decode(errors="replace")
            seen += read
            if WHERE in read:
                os.write(descriptor, b"\x1b[1;1R")
            for asked in [word for word in due if word in seen]:
                os.write(descriptor, due.pop(asked))
    finally:
        os.close(descriptor)
        os.waitpid(pid, 0)
    assert found, seen
    return found[1]


@pytest.mark.parametrize(("keys", "answer"), [(b"y\r", "True"), (b"\r", "False")])
def test_enter_is_no(keys, answer):
    assert answered("terminal.confirm('Really?')", keys) == answer


@pytest.mark.parametrize(
    "question",
    ["terminal.confirm('Really?')", "terminal.ask('Really?')", "terminal.choose('Really?', LIST)"],
)
def test_an_interrupt_is_no_answer_at_all(question):
    question = question.replace("LIST", "[('retry', 'again'), ('skip', 'go on')]")

    assert answered(question, b"\x03") == "gave up: no answer to: Really?"


@pytest.mark.parametrize("keys", [b"y\r", b"y\r\r", b"y\r\r\r\r"])
def test_what_is_typed_ahead_does_not_answer_the_next_question(keys):
    question = "(terminal.confirm('Really?'), terminal.choose('Next?', [('a', 'a'), ('b', 'b')]))"

    assert answered(question, keys, later={"Next": b"\x1b[B\r"}) == "(True, 'b')"


def test_a_line_is_what_was_typed():
    assert answered("terminal.ask('Really?')", b" use1-az4 \r") == "'use1-az4'"


def test_the_first_choice_is_chosen_by_enter():
    question = "terminal.choose('Really?', [('retry', 'again'), ('skip', 'go on')])"

    assert answered(question, b"\r") == "'retry'"


def test_without_a_terminal_nobody_is_there(monkeypatch):
    from sopctl.cli.terminal import RealTerminal  # noqa: PLC0415  # after the fork

    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123  # replaced again

    assert not RealTerminal().interactive
    sys.stdin.close()
