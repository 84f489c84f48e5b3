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
from sopctl.cli.terminal import RealTerminal
terminal = RealTerminal()
assert terminal.interactive
print("ANSWER", repr({question}), file=sys.stderr)
"""


WHERE = "\x1b[6n"  # the terminal is asked where its cursor is
ANSWER = re.compile(r"ANSWER ([^\r\n]*)\r\n")


def answered(question, keys):
    """What *question* answers when *keys* are typed."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execv(sys.executable, [sys.executable, "-c", SCRIPT.format(question=question)])
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen, typed, until = "", False, time.monotonic() + 30
    try:
        while not (found := ANSWER.search(seen)) and time.monotonic() < until:
            if not select.select([descriptor], [], [], 0.1)[0]:
                continue
            read = os.read(descriptor, 65536).decode(errors="replace")
            seen += read
            if WHERE in read:
                os.write(descriptor, b"\x1b[1;1R")
            if not typed and "Really" in seen:
                os.write(descriptor, keys)
                typed = True
    finally:
        os.close(descriptor)
        os.waitpid(pid, 0)
    assert found, seen
    return found[1]


@pytest.mark.parametrize(("keys", "answer"), [(b"y", "True"), (b"\r", "False"), (b"\x03", "False")])
def test_enter_and_an_interrupt_are_no(keys, answer):
    assert answered("terminal.confirm('Really?')", keys) == answer


def test_a_line_is_what_was_typed():
    assert answered("terminal.ask('Really?')", b" use1-az4 \r") == "'use1-az4'"


def test_the_first_choice_is_chosen_by_enter():
    question = "terminal.choose('Really?', [('retry', 'again'), ('skip', 'go on')])"

    assert answered(question, b"\r") == "'retry'"
    assert answered(question, b"\x03") == "''"


def test_without_a_terminal_nobody_is_there(monkeypatch):
    from sopctl.cli.terminal import RealTerminal  # noqa: PLC0415  # after the fork

    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123  # replaced again

    assert not RealTerminal().interactive
    sys.stdin.close()
