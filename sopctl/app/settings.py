"""Where sopctl keeps its things: configuration, state, runbooks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sopctl.journal.paths import state_dir


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Directories, and the environment that they came from.

    Nothing is ever read from the current directory: a cloned repository configures nobody.
    """

    config: Path
    state: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def targets_file(self) -> Path:
        return self.config / "targets.yaml"

    @property
    def runbooks(self) -> Path:
        """The user's own runbooks; they hide packaged ones of the same name."""
        return self.config / "runbooks"

    @property
    def scenarios(self) -> Path:
        """The user's own scenarios; they hide packaged ones of the same name."""
        return self.config / "scenarios"

    @property
    def approvers(self) -> Path:
        """Whose signature is an approval: allowed signers, as ssh-keygen(1) describes them."""
        return self.config / "approvers"

    @property
    def reports(self) -> Path:
        """Where the traceback of a bug goes."""
        return self.state / "reports"


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; ``SOPCTL_CONFIG_DIR`` and ``SOPCTL_STATE_DIR`` win."""
    found = dict(os.environ if environ is None else environ)
    chosen = found.get("SOPCTL_CONFIG_DIR", "")
    return Settings(
        config=Path(chosen).expanduser().absolute() if chosen else _platform_config(),
        state=state_dir(found),
        environ=found,
    )


def _platform_config() -> Path:
    from platformdirs import user_config_path  # noqa: PLC0415  # `--help` needs no directory

    return user_config_path("sopctl")
