"""Signatures by SSH keys, checked by OpenSSH itself: ssh-keygen(1), ``-Y``; decision 0010."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sopctl.core.errors import RefusedError, UsageError

NAMESPACE = "sopctl-approval"
_SECONDS = 20.0  # nothing here talks to a network or an agent
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose key it is: a name in the approvers file, and the key's SHA-256 fingerprint."""

    principal: str
    fingerprint: str


def available() -> bool:
    return shutil.which("ssh-keygen") is not None


def signer(text: bytes, signature: bytes, approvers: Path) -> Signer:
    """Who signed *text*; raises RefusedError, or UsageError if that cannot be asked."""
    try:
        allowed = approvers.read_bytes()
    except OSError as error:
        raise UsageError(
            f"no approvers can be read from {approvers}: {(error.strerror or '').lower()}",
            hint="Write a line there per colleague: NAME ssh-ed25519 AAAA...",
        ) from error
    with tempfile.TemporaryDirectory(prefix="sopctl-") as folder:
        signed, known = Path(folder, "sig"), Path(folder, "approvers")
        signed.write_bytes(signature)
        known.write_bytes(allowed)
        _intact(text, signed)
        names = _keygen("find-principals", "-f", known, "-s", signed)
        if names.returncode:
            raise RefusedError(
                "the signature is by a key that no approver has",
                hint=f"Compare the colleague's public key with {approvers}.",
            )
        principal = _one(names.stdout.decode().splitlines())
        proof = ("-f", known, "-I", principal, "-n", NAMESPACE, "-s", signed)
        done = _keygen("verify", *proof, text=text)
        if done.returncode:
            raise RefusedError(
                f"the signature of {principal} does not hold: {_why(done)}",
                hint=f"See the line of {principal} in {approvers}.",
            )
        return Signer(principal=principal, fingerprint=_fingerprint(done))


def fingerprint(text: bytes, signature: bytes) -> str:
    """The key that signed *text*, whoever has it; raises RefusedError, UsageError."""
    with tempfile.TemporaryDirectory(prefix="sopctl-") as folder:
        signed = Path(folder, "sig")
        signed.write_bytes(signature)
        return _intact(text, signed)


def _intact(text: bytes, signed: Path) -> str:
    done = _keygen("check-novalidate", "-n", NAMESPACE, "-s", signed, text=text)
    if done.returncode == 0:
        return _fingerprint(done)
    if "namespace" in _why(done):
        raise RefusedError(
            "it was signed for another purpose (namespace)",
            hint=f"Sign it with `ssh-keygen -Y sign -n {NAMESPACE}`.",
        )
    raise RefusedError(
        f"the file is not what was signed: {_why(done)}",
        hint="Have it sent again, unchanged, or ask anew with --request.",
    )


def _one(names: list[str]) -> str:
    """The one person behind a key: a pattern or several names say nothing about who it was."""
    if len(names) != 1 or any(sign in names[0] for sign in "*?!,"):
        raise RefusedError(
            f"the key belongs to {', '.join(names) or 'nobody'}, which is not one person",
            hint="Give every key one plain name in the approvers file.",
        )
    return names[0]


def _keygen(what: str, *given: str | Path, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise UsageError(
            "ssh-keygen is not installed",
            hint="Install OpenSSH (Debian: openssh-client); signatures are checked by it.",
        )
    try:
        return subprocess.run(  # noqa: S603  # a list, no shell; paths are our own
            [program, "-Y", what, *map(str, given)],
            input=text,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(
            f"ssh-keygen cannot be used: {error}", hint="Try `ssh-keygen -Y` by hand."
        ) from error


def _fingerprint(done: subprocess.CompletedProcess[bytes]) -> str:
    found = _FINGERPRINT.search(done.stdout.decode(errors="replace"))
    return found.group() if found else ""


def _why(done: subprocess.CompletedProcess[bytes]) -> str:
    said = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()
    return said[0] if said else f"exit code {done.returncode}"
